"""What a pass of the monitoring agent costs, itself and in the database, and whether that grows with the tables."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.benchmarks.cluster import Cluster
from tests.benchmarks.cost import Failed, server_cpu
from tests.benchmarks.targets import Target
from tests.benchmarks.told import Told, told
from tests.benchmarks.watching_rows import FILLED, fill

WANTED_CPU_S = 1.0
FEW = 10_000
PASSES = 10
SETTLED_S = 1.0  # what the fill left to be written is written


@dataclass(frozen=True)
class Watched:
    """Seconds of CPU of one pass: of the agent, and of PostgreSQL. `first`: of both, of the first pass after the start."""

    rows: int
    agent: float
    server: float
    first: float

    @property
    def both(self) -> float:
        return self.agent + self.server


def measure(cluster: Cluster, rows: int, say: Callable[[str], None]) -> list[Watched]:
    found = []
    for count in (FEW, rows):
        fill(cluster, count, say)
        cluster.settle()
        time.sleep(SETTLED_S)
        say(f"{PASSES} passes over {len(FILLED)} tables of {count:,} rows")
        found.append(_watched(cluster, count))
    return found


def _watched(cluster: Cluster, rows: int) -> Watched:
    with told(cluster, "tests.benchmarks.watching_worker") as process:
        passes = [_pass(cluster, process) for _ in range(PASSES + 1)]
    first, *others = passes
    agent, server = (median(values) for values in zip(*others, strict=True))
    return Watched(rows, agent, server, sum(first))


def _pass(cluster: Cluster, agent: Told) -> tuple[float, float]:
    before = server_cpu(cluster.postmaster)
    agent.go()
    said = json.loads(agent.said())
    if said["failed"]:
        raise Failed(f"Checks failed: {said['failed']}")
    return said["cpu"], server_cpu(cluster.postmaster) - before


def show(console: Console, found: list[Watched]) -> None:
    table = Table("rows a table", "CPU agent s", "CPU PostgreSQL s", "first pass, both", title="one pass of the monitoring agent")
    for one in found:
        table.add_row(f"{one.rows:,}", f"{one.agent:.2f}", f"{one.server:.2f}", f"{one.first:.2f}")
    console.print(table)


def targets(found: list[Watched]) -> Iterator[Target]:
    many = found[-1]
    sizes = f"{many.rows:,} rows in each of {len(FILLED)} tables"
    yield Target(many.both < WANTED_CPU_S, f"a pass, {sizes}: {many.both:.2f} s of CPU; wanted less than {WANTED_CPU_S:g}")


def as_json(found: list[Watched]) -> str:
    return json.dumps([vars(one) for one in found])
