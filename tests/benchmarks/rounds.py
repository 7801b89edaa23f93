"""Who runs when: all contenders in turn, scenario by scenario, round by round, so that a noisy machine is noisy for all."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.benchmarks.contender import Contender, Run
from tests.benchmarks.records import served as count_served
from tests.benchmarks.tenant import CHANGED, FEEDS, INITIAL, UNCHANGED, Served, Tenant, serving

LATENCY_S = 0.15


@dataclass(frozen=True)
class Scenario:
    """`state`: what is served. `after`: the scenario that must have gone before; without one, everything is reset."""

    name: str
    state: str
    after: bool = False
    latency: float = 0.0
    large_pages: bool = False


LOAD = Scenario("initial load", INITIAL)
INCREMENTAL = Scenario("1 % changed, 0.1 % new", CHANGED, after=True)
NOTHING = Scenario("nothing changed", UNCHANGED, after=True)
SLOW = Scenario("initial load, 150 ms a page", INITIAL, latency=LATENCY_S)
LARGE = Scenario("initial load, large pages", INITIAL, large_pages=True)
SLOW_LARGE = Scenario("initial load, large pages, 150 ms a page", INITIAL, latency=LATENCY_S, large_pages=True)
SCENARIOS = (LOAD, INCREMENTAL, NOTHING, SLOW, LARGE, SLOW_LARGE)


@dataclass
class Results:
    """Runs by scenario and contender, one a round. `wrong`: what the checks found."""

    runs: dict[tuple[str, str], list[Run]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    records: dict[str, int] = field(default_factory=dict)

    def of(self, scenario: Scenario, contender: str) -> list[Run]:
        return self.runs.get((scenario.name, contender), [])

    def contenders(self, scenario: Scenario) -> list[str]:
        return [contender for name, contender in self.runs if name == scenario.name]


@dataclass
class Plan:
    tenant: Tenant
    large: Tenant | None
    contenders: list[Contender]
    rounds: int
    say: Callable[[str], None]
    scenarios: tuple[Scenario, ...] = SCENARIOS
    results: Results = field(default_factory=Results)

    def carry_out(self) -> Results:
        with self._served() as places:
            for scenario in places:
                self.results.records[scenario.name] = _records(places[scenario].tenant, scenario)
            for number in range(1, self.rounds + 1):
                for scenario, place in places.items():
                    for contender in self.contenders[:: 1 if number % 2 else -1]:  # nobody always follows the same
                        if _takes_part(contender, scenario):
                            self._one(contender, scenario, place, f"round {number} of {self.rounds}")
        return self.results

    def _one(self, contender: Contender, scenario: Scenario, served: Served, when: str) -> None:
        self.say(f"{when}: {scenario.name}: {contender.name}")
        served.now(scenario.state)
        if not scenario.after:
            contender.reset()
        run = contender.run(served)
        self.results.runs.setdefault((scenario.name, contender.name), []).append(run)
        self.results.wrong += [f"{contender.name}, {scenario.name}: {what}" for what in contender.check(served, scenario.state)]

    @contextmanager
    def _served(self) -> Iterator[dict[Scenario, Served]]:
        with ExitStack() as stack:
            places: dict[tuple[bool, float], Served] = {}
            found: dict[Scenario, Served] = {}
            for scenario in self.scenarios:
                tenant = self.large if scenario.large_pages else self.tenant
                if tenant is None:
                    continue
                key = (scenario.large_pages, scenario.latency)
                if key not in places:
                    places[key] = stack.enter_context(serving(tenant, scenario.latency))
                found[scenario] = places[key]
            yield found


def _takes_part(contender: Contender, scenario: Scenario) -> bool:
    if scenario.large_pages:
        return contender.name == "ours"
    return contender.incremental or not (scenario.after or (scenario.latency and contender.name == "limit: COPY"))


def _records(tenant: Tenant, scenario: Scenario) -> int:
    """How many records the scenario brings."""
    if scenario.state == UNCHANGED:
        return 0
    everything = sum(count_served(tenant, feed, scenario.state) for feed in FEEDS)
    before = sum(count_served(tenant, feed, INITIAL) for feed in FEEDS) if scenario.after else 0
    return everything - before
