"""Scripted outages over the hub's real graph: one cause is one incident, whatever suffers behind it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from config.monitoring.agent import basics
from config.monitoring.graph import Graph
from config.monitoring.incidents import CALM_S, CONFIRM, Desk, Memory, Word, as_values, from_values, span
from config.monitoring.probes import Node, Reading, State, nodes, registered

EVERY_S = 30
BAD, OK, UNKNOWN, HELD = (Reading(state, "as scripted") for state in (State.BAD, State.OK, State.UNKNOWN, State.HELD))


def real() -> Graph:
    return Graph(nodes([basics(), *registered()]))


@dataclass
class Script:
    """Passes over a graph; `words` are all that people were told."""

    graph: Graph = field(default_factory=real)
    memory: Memory = field(default_factory=Memory)
    now: float = 1_800_000_000.0
    words: list[Word] = field(default_factory=list)

    def passes(self, count: int, ill: Mapping[str, Reading] | Iterable[str] = (), *, quiet: bool = False) -> None:
        readings = dict(ill) if isinstance(ill, Mapping) else dict.fromkeys(ill, BAD)
        for _ in range(count):
            seen = {name: readings.get(name, OK) for name in self.graph.nodes}
            self.words += Desk(self.graph, self.memory).take(seen, self.now, quiet=quiet)
            self.memory = from_values(as_values(self.memory))  # what is remembered goes through Redis
            self.now += EVERY_S

    def raised(self) -> list[str]:
        return [word.incident.cause for word in self.words if word.kind in ("raised", "moved")]

    def told(self) -> list[tuple[str, str]]:
        return [(word.kind, word.incident.cause) for word in self.words]


def suffering(graph: Graph, *causes: str) -> set[str]:
    """A cause, and everything that needs it: as an outage looks when it has come through."""
    return {*causes, *(name for cause in causes for name in graph.below(cause))}


SINGLE = [
    "postgres", "redis", "disk", "scheduler", "fences", "worker.servicetitan", "worker.ghl", "servicetitan.api",
    "servicetitan.token", "ghl.api", "ghl.token", "ghl.budget", "ghl.lag", "ghl.backlog", "ghl.draft", "feed.jobs",
    "servicetitan.rejects", "switch.ghl",
]  # fmt: skip
COMBINED = [
    ("postgres", "redis"), ("servicetitan.token", "ghl.token"), ("worker.ghl", "servicetitan.api"), ("disk", "ghl.draft"),
    ("ghl.api", "feed.jobs"), ("scheduler", "fences"),
]  # fmt: skip


@pytest.mark.parametrize("cause", SINGLE)
def test_one_cause_is_told_once(cause: str) -> None:
    script = Script()
    ill = suffering(script.graph, cause)
    script.passes(5)
    script.passes(20, ill)
    script.passes(60)
    assert script.told() == [("raised", cause), ("recovered", cause)]
    assert sorted(script.words[0].incident.suffering) == sorted(ill - {cause})


@pytest.mark.parametrize("causes", COMBINED)
def test_two_causes_at_once_are_two_incidents(causes: tuple[str, str]) -> None:
    script = Script()
    script.passes(5)
    script.passes(20, suffering(script.graph, *causes))
    assert sorted(script.raised()) == sorted(causes)


@pytest.mark.parametrize("cause", ["worker.ghl", "servicetitan.token", "ghl.api", "scheduler"])
def test_what_suffers_turns_bad_one_after_the_other(cause: str) -> None:
    """And gets well one after the other: nothing of it is news."""
    script = Script()
    behind = script.graph.below(cause)
    for count in range(len(behind) + 1):
        script.passes(3, {cause, *behind[:count]})
    for share in (0.75, 0.5, 0.25):
        script.passes(1, behind[: int(len(behind) * share)])
    script.passes(5)
    assert script.told() == [("raised", cause), ("recovered", cause)]


def test_a_cause_that_shows_late_takes_the_incident_over() -> None:
    """A feed is old before the token is seen to be refused: it stays one incident."""
    script = Script()
    script.passes(5, ["feed.jobs"])
    script.passes(5, ["feed.jobs", "feed.invoices", "servicetitan.token"])
    assert script.told() == [("raised", "feed.jobs"), ("moved", "servicetitan.token")]
    first, moved = (word.incident for word in script.words)
    assert first.id == moved.id and moved.suffering == ["feed.invoices", "feed.jobs"]
    script.passes(40)
    assert script.told()[2:] == [("recovered", "servicetitan.token")]


def test_two_symptoms_that_were_told_become_one() -> None:
    script = Script()
    script.passes(5, ["feed.jobs", "feed.invoices"])
    assert sorted(script.raised()) == ["feed.invoices", "feed.jobs"]
    script.passes(5, ["feed.jobs", "feed.invoices", "worker.servicetitan"])
    assert len(script.memory.open) == 1


def test_everything_unknown_behind_a_database_that_is_away() -> None:
    script = Script()
    ill = dict.fromkeys(script.graph.below("postgres"), UNKNOWN) | {"postgres": BAD}
    script.passes(10, ill)
    assert script.told() == [("raised", "postgres")]


def test_a_check_that_breaks_is_told_though_all_it_needs_is_well() -> None:
    script = Script()
    script.passes(CONFIRM, {"ghl.parity": UNKNOWN})
    assert script.raised() == ["ghl.parity"]


def test_what_people_hold_is_no_news_and_neither_is_what_needs_it() -> None:
    script = Script()
    held = dict.fromkeys(script.graph.below("switch.ghl"), BAD) | {"switch.ghl": HELD}
    script.passes(100, held)
    assert script.told() == []


def test_two_intervals_are_enough() -> None:
    for cause in ("postgres", "redis", "disk", "worker.ghl"):
        script = Script()
        script.passes(2, [cause])
        assert script.raised() == [cause]


def test_one_bad_look_is_none() -> None:
    script = Script()
    for _ in range(20):
        script.passes(CONFIRM - 1, ["ghl.api"])
        script.passes(5)
    assert script.told() == []


def test_what_does_not_settle_becomes_its_own_cause() -> None:
    script = Script()
    settles = int(script.graph.nodes["feed.jobs"].settles_s // EVERY_S)
    script.passes(10, ["servicetitan.token", "feed.jobs"])
    script.passes(settles - 2, ["feed.jobs"])
    assert script.told() == [("raised", "servicetitan.token"), ("recovered", "servicetitan.token")]
    script.passes(6, ["feed.jobs"])
    assert script.told()[2:] == [("raised", "feed.jobs")]


def test_who_comes_and_goes_is_told_twice_at_most() -> None:
    script = Script()
    script.passes(5)
    for _ in range(12):
        script.passes(3, ["ghl.api"])
        script.passes(3)
    assert script.told() == [("raised", "ghl.api"), ("recovered", "ghl.api"), ("raised", "ghl.api")], "the second time it stays"
    script.passes(int(CALM_S // EVERY_S) + 2)
    assert script.told()[3:] == [("recovered", "ghl.api")]


def test_reminders_become_rarer() -> None:
    script = Script()
    script.passes(int(48 * 3600 / EVERY_S), ["redis"])
    reminders = [word for word in script.words if word.kind == "reminder"]
    assert len(reminders) == 3, "after an hour, four more, and then once a day"
    assert reminders[0].text.startswith("For 1 h")


def test_a_maintenance_window_is_quiet_and_what_outlasts_it_is_told() -> None:
    script = Script()
    script.passes(20, ["ghl.api"], quiet=True)
    assert script.told() == []
    script.passes(3, ["ghl.api", "ghl.backlog"])
    assert script.told() == [("raised", "ghl.api")]
    script.passes(10, quiet=True)
    assert script.told() == [("raised", "ghl.api")]


def test_a_word_says_what_is_wrong_what_suffers_and_what_to_do() -> None:
    script = Script()
    script.passes(5, suffering(script.graph, "worker.servicetitan"))
    text = script.words[0].text
    assert text.startswith("Worker of ServiceTitan: as scripted Behind it suffer: ") and "Feed appointments" in text
    assert " more. Look at manage.py st_sync_worker" in text


def test_a_node_that_is_no_longer_watched_leaves_no_incident_open() -> None:
    script = Script()
    script.passes(5, ["disk"])
    rest = {name: node for name, node in script.graph.nodes.items() if name != "disk"}
    script.graph = Graph(rest)
    script.passes(1)
    assert script.memory.open == {}


def test_graphs_that_cannot_be_are_refused() -> None:
    circle = {"a": Node("a", "A", "x", ("b",)), "b": Node("b", "B", "x", ("a",))}
    with pytest.raises(ValueError, match="circle: a > b > a"):
        Graph(circle)


@pytest.mark.parametrize(
    ("seconds", "text"), [(4, "4 s"), (600, "10 min"), (3600, "1 h"), (3900, "1 h 5 min"), (3 * 86_400, "3 days")]
)
def test_spans(seconds: float, text: str) -> None:
    assert span(seconds) == text
