"""Several commands of the hub on one machine: started together, restarted when they die, ended together."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from config.isolation.process import environment_for, units_of
from config.jobs.orphans import SUPERVISOR

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0  # a process that ran for so long starts over with a short pause
GRACE_S = 15.0


def manage(*arguments: str) -> list[str]:
    """The command line of a management command, with this Python."""
    return [sys.executable, str(MANAGE), *arguments]


@dataclass
class Child:
    """One command. Its output comes line by line with its name in front."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    say: Callable[[str], None]
    failures: int = 0
    _process: subprocess.Popen[str] | None = None
    _started: float = 0.0
    _next_start: float = 0.0
    _reader: threading.Thread | None = field(default=None, repr=False)

    def tend(self) -> None:
        """Start it, or start it again when it is time."""
        if self._process is not None and self._process.poll() is None:
            return
        now = time.monotonic()
        if self._process is not None:
            self._note_end(now)
        if now >= self._next_start:
            self._start(now)

    def _note_end(self, now: float) -> None:
        assert self._process is not None
        self.failures = 1 if now - self._started > STEADY_S else self.failures + 1
        pause = min(LONGEST_PAUSE_S, 2.0 ** (self.failures - 1))
        self._next_start = now + pause
        self.say(f"{self.name}: ended with status {self._process.returncode}, starting again in {pause:.0f} s")
        self._process = None

    def _start(self, now: float) -> None:
        self._started = now
        self._process = subprocess.Popen(
            self.arguments, env={**self.environment, SUPERVISOR: str(os.getpid())}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._pass_on, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def _pass_on(self, output: IO[str]) -> None:
        with output:
            for line in output:
                if line.strip():
                    self.say(f"{self.name}: {line.rstrip()}")

    def ask_to_end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, deadline: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def child(name: str, bind: str, environment: Mapping[str, str], say: Callable[[str], None]) -> Child:
    """A long-running command with the credentials of its own units alone; the owner's keep them all.

    `bind`: address:port of the back office.
    """
    arguments = [f"--bind={bind}"] if name == "api_server" else []
    units = units_of(name)
    return Child(name, manage(name, *arguments), environment_for(units, environment) if units else environment, say)


@dataclass
class Supervisor:
    """Keeps its children running until `stop` is set."""

    children: Sequence[Child]
    stop: threading.Event

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                for child in self.children:
                    child.tend()
                self.stop.wait(0.2)
        finally:
            self._end()

    def _end(self) -> None:
        deadline = time.monotonic() + GRACE_S
        try:
            for child in self.children:
                child.ask_to_end()
            for child in self.children:
                child.wait(deadline)
        except BaseException:  # Ctrl-C again: at once, and without leaving anybody behind
            for child in self.children:
                child.kill()
            raise
