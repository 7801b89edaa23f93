"""Our sync with few and with many records: memory must not grow, and time only with the number of records."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.benchmarks.contender import Contender, Run
from tests.benchmarks.records import served as count_served
from tests.benchmarks.rounds import LOAD, Results
from tests.benchmarks.tenant import FEEDS, Tenant, serving

ROUNDS = 2


@dataclass(frozen=True)
class Growth:
    """Runs of the same work in two sizes."""

    records: tuple[int, int]
    few: list[Run]
    many: list[Run]


def grow(contender: Contender, few: Tenant, many: Tenant, results: Results, say: Callable[[str], None]) -> Growth:
    records = (_records(few), _records(many))
    growth = Growth(records, [], [])
    with serving(few) as small, serving(many) as large:
        for _ in range(ROUNDS):
            for served, runs in ((small, growth.few), (large, growth.many)):
                say(f"memory and time: {served.tenant.folder.name}")
                contender.reset()
                runs.append(contender.run(served))
                results.wrong += [f"{contender.name}: {what}" for what in contender.check(served, LOAD.state)]
    return growth


def _records(tenant: Tenant) -> int:
    return sum(count_served(tenant, feed, LOAD.state) for feed in FEEDS)
