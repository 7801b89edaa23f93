"""From runs to figures: medians, and ratios of runs of the same round."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.contender import Run
from tests.benchmarks.cost import Cost
from tests.benchmarks.rounds import LOAD, SLOW, Results, Scenario
from tests.benchmarks.tenant import FEEDS, INITIAL, Tenant

OURS = "ours"
WHOLE = "dlt-whole"  # the one whose rows hold as much as ours


@dataclass(frozen=True)
class Figures:
    """Medians over the rounds. `ratio`: how many times as long as ours it took, the median of the rounds' ratios."""

    seconds: float
    records_s: float | None
    client_cpu: float
    server_cpu: float
    peak_mb: float
    wal_mb: float
    ratio: float
    written: int | None


def figures(results: Results, scenario: Scenario, contender: str) -> Figures:
    runs = results.of(scenario, contender)
    seconds = middle(runs, lambda cost: cost.seconds)
    records = results.records[scenario.name]
    return Figures(
        seconds,
        records / seconds if records else None,
        middle(runs, lambda cost: cost.client_cpu),
        middle(runs, lambda cost: cost.server_cpu),
        middle(runs, lambda cost: cost.peak_mb),
        middle(runs, lambda cost: cost.wal_mb),
        ratio(runs, results.of(scenario, OURS)),
        max((run.written for run in runs if run.written is not None), default=None),
    )


def middle(runs: list[Run], of: Callable[[Cost], float]) -> float:
    return median(of(run.cost) for run in runs)


def ratio(slower: list[Run], faster: list[Run]) -> float:
    """Of the times, round by round: what slowed one round down slowed down both. NaN where one did not run."""
    pairs = list(zip(slower, faster, strict=False))
    return median(one.cost.seconds / other.cost.seconds for one, other in pairs) if pairs else math.nan


def best_dlt(results: Results) -> str | None:
    """The one that needs the least time for the initial load."""
    names = [name for name in results.contenders(LOAD) if name.startswith("dlt")]
    return min(names, key=lambda name: middle(results.of(LOAD, name), lambda cost: cost.seconds), default=None)


def floor_s(tenant: Tenant) -> float:
    """Tokens make the pages of a feed wait for each other: nobody is faster than the longest feed's pages, and one login."""
    return SLOW.latency * (1 + max(len(tenant.pages(feed, INITIAL)) for feed in FEEDS))
