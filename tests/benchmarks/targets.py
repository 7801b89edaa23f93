"""What must be reached, and whether it was."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.benchmarks.figures import OURS, WHOLE, best_dlt, floor_s, middle, ratio
from tests.benchmarks.memory import Growth
from tests.benchmarks.rounds import INCREMENTAL, LARGE, LOAD, NOTHING, SLOW, SLOW_LARGE, Results, Scenario
from tests.benchmarks.tenant import Tenant

TIMES_DLT = 2.5
MOST_MB = 300
FLAT = 1.2  # memory with many records, of that with few
LINEAR = 0.8  # records per second with many, of those with few
WITH_LATENCY = 0.8  # records per second, of those without


@dataclass(frozen=True)
class Target:
    reached: bool
    text: str


def targets(results: Results, growth: Growth | None) -> list[Target]:
    found = [*_content(results), *_speed(results), *_memory(results, growth)]
    if growth:
        found += _linear(growth)
    return [*found, *_latency(results, LOAD, SLOW), *_latency(results, LARGE, SLOW_LARGE), *_nothing(results)]


def _content(results: Results) -> Iterator[Target]:
    said = f"{results.wrong[0]} ({len(results.wrong)} findings)" if results.wrong else "all as it was served"
    yield Target(not results.wrong, f"content, row by row: {said}")


def _speed(results: Results) -> Iterator[Target]:
    best = best_dlt(results)
    if best is None:
        return
    times = ratio(results.of(LOAD, best), results.of(LOAD, OURS))
    yield Target(times >= TIMES_DLT, f"initial load: {times:.2f} times as fast as {best}, the best dlt; wanted {TIMES_DLT}")


def _memory(results: Results, growth: Growth | None) -> Iterator[Target]:
    runs = results.of(LOAD, OURS) + (growth.many if growth else [])
    if runs:
        peak = max(run.cost.peak_mb for run in runs)
        yield Target(peak < MOST_MB, f"memory: at most {peak:.0f} MB; wanted less than {MOST_MB}")


def _linear(growth: Growth) -> Iterator[Target]:
    few, many = (middle(runs, lambda cost: cost.peak_mb) for runs in (growth.few, growth.many))
    sizes = "with {1:,} records, of that with {0:,}".format(*growth.records)
    yield Target(many <= few * FLAT, f"memory {sizes}: {many / few:.0%}; wanted at most {FLAT:.0%}")
    few, many = (
        count / middle(runs, lambda cost: cost.seconds)
        for count, runs in zip(growth.records, (growth.few, growth.many), strict=True)
    )
    yield Target(many >= few * LINEAR, f"records per second {sizes}: {many / few:.0%}; wanted at least {LINEAR:.0%}")


def _latency(results: Results, without: Scenario, with_latency: Scenario) -> Iterator[Target]:
    fast, slow = results.of(without, OURS), results.of(with_latency, OURS)
    if fast and slow:
        share = ratio(fast, slow)
        yield Target(share >= WITH_LATENCY, f"{with_latency.name}: {share:.0%} of the speed without; wanted {WITH_LATENCY:.0%}")


def _nothing(results: Results) -> Iterator[Target]:
    written = [run.written or 0 for run in results.of(NOTHING, OURS)]
    if written:
        yield Target(not any(written), f"{NOTHING.name}: {max(written)} rows written; wanted 0")


def notes(results: Results, tenant: Tenant, large: Tenant | None) -> Iterator[str]:
    """What helps to judge the targets."""
    for scenario, company in ((SLOW, tenant), (SLOW_LARGE, large)):
        runs = results.of(scenario, OURS)
        if company and runs:
            floor, took = floor_s(company), middle(runs, lambda cost: cost.seconds)
            yield f"{scenario.name}: {took:.2f} s; the pages of the longest feed alone take {floor:.2f} s ({floor / took:.0%})"
    if whole := results.of(LOAD, WHOLE):
        yield f"initial load: {ratio(whole, results.of(LOAD, OURS)):.2f} times as fast as {WHOLE}, which keeps as much as ours"
    for name in results.contenders(INCREMENTAL):
        if name.startswith("dlt"):
            times = ratio(results.of(INCREMENTAL, name), results.of(INCREMENTAL, OURS))
            yield f"{INCREMENTAL.name}: {times:.1f} times as fast as {name}"
