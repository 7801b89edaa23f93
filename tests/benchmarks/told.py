"""A process that begins when it is told to, so that its start is nobody's time."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.cluster import Cluster
from tests.benchmarks.cost import Failed
from tests.benchmarks.options import ROOT


class Told:
    """`module` says a line when it is ready, and one for each time that it was told to go."""

    def __init__(self, cluster: Cluster, module: str) -> None:
        self._module = module
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process: subprocess.Popen[str] = subprocess.Popen(  # type: ignore[call-overload] # a dict of pipes
            [sys.executable, "-m", module], cwd=ROOT, env=cluster.environment(), **pipes
        )

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def said(self) -> str:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            raise Failed(f"{self._module} has ended; what it said is above.")
        return line.strip()

    def end(self) -> None:
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()


@contextmanager
def told(cluster: Cluster, module: str) -> Iterator[Told]:
    one = Told(cluster, module)
    try:
        one.said()
        yield one
    finally:
        one.end()
