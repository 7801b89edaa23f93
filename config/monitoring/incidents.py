"""From passes to incidents. Pure: what was remembered and what was seen go in, what is remembered and said comes out.

One cause is one incident. A node is believed to be unwell after CONFIRM passes in a row, and an incident is opened for it only
when nothing it needs is unwell. What suffers behind a cause is listed, not told. Once a cause is over, what it explained has
time to settle before it becomes a cause itself. A node that comes and goes keeps its incident open until it has been well for
a while.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from config.monitoring.graph import Graph
from config.monitoring.probes import Reading, State

CONFIRM = 2  # passes
REMIND_S = (3600, 4 * 3600, 24 * 3600)  # after the first word; from then on once a day
FLAPS = 3  # turns within FLAP_S make a node restless
FLAP_S = 1800
CALM_S = 900  # a restless node must have been well for so long
UNWELL = (State.BAD, State.UNKNOWN)


@dataclass
class Standing:
    """What is remembered of a node. Moments are seconds since 1970. `turns`: when it went from well to unwell or back."""

    unwell: int = 0  # passes in a row
    well: int = 0
    since: float = 0.0
    excused_until: float = 0.0
    turns: list[float] = field(default_factory=list)
    explained: bool = False  # something it needs was unwell, when it was last looked at


@dataclass
class Incident:
    """`told`: how many reminders were sent."""

    id: str
    cause: str
    text: str
    opened: float
    suffering: list[str] = field(default_factory=list)
    told: int = 0
    last_told: float = 0.0
    closed: float = 0.0


@dataclass(frozen=True)
class Word:
    """What people are to be told. `kind`: raised, reminder, moved (a nearer cause was found) or recovered."""

    kind: str
    incident: Incident
    text: str


@dataclass
class Memory:
    nodes: dict[str, Standing] = field(default_factory=dict)
    open: dict[str, Incident] = field(default_factory=dict)  # by cause
    number: int = 0


@dataclass
class Desk:
    """Takes one pass after the other. `quiet`: a maintenance window, in which nobody is told anything."""

    graph: Graph
    memory: Memory

    def take(self, readings: Mapping[str, Reading], now: float, *, quiet: bool = False) -> list[Word]:
        for name in self.graph.nodes:
            self._note(name, readings.get(name, Reading(State.UNKNOWN)), now)
        self._excuse(readings, now)
        closed = self._close(now)
        return [] if quiet else [*closed, *self._open(readings, now), *self._remind(readings, now)]

    # What was seen

    def _note(self, name: str, reading: Reading, now: float) -> None:
        node = self.memory.nodes.setdefault(name, Standing(since=now))
        unwell = reading.state in UNWELL
        if (unwell and node.well) or (not unwell and node.unwell):
            node.turns = [moment for moment in (*node.turns, now) if moment > now - FLAP_S]
            node.since = now
        node.unwell, node.well = (node.unwell + 1, 0) if unwell else (0, node.well + 1)

    def _excuse(self, readings: Mapping[str, Reading], now: float) -> None:
        """What needs something unwell or held is explained; and for a while afterwards as well."""
        stopped = {name for name, node in self.memory.nodes.items() if node.unwell and name in self.graph.nodes}
        stopped |= {name for name, reading in readings.items() if reading.state == State.HELD}
        for name, node in self.memory.nodes.items():
            if name not in self.graph.nodes:
                continue
            node.explained = bool(self.graph.above(name) & stopped)
            if node.explained:
                node.excused_until = now + self.graph.nodes[name].settles_s

    def _confirmed(self, name: str) -> bool:
        return name in self.graph.nodes and self.memory.nodes[name].unwell >= CONFIRM

    def _is_cause(self, name: str, now: float) -> bool:
        node = self.memory.nodes[name]
        return self._confirmed(name) and not node.explained and node.excused_until <= now

    # What is said

    def _open(self, readings: Mapping[str, Reading], now: float) -> list[Word]:
        words = []
        for name in self.graph.nodes:
            if not self._is_cause(name, now) or name in self.memory.open:
                continue
            if moved := self._move(name, readings, now):
                words.append(moved)
                continue
            self.memory.number += 1
            incident = Incident(f"{int(now)}-{self.memory.number}", name, readings[name].text, now, last_told=now)
            incident.suffering = self._suffering(name)
            self.memory.open[name] = incident
            words.append(Word("raised", incident, self._sentence(incident)))
        return words

    def _move(self, cause: str, readings: Mapping[str, Reading], now: float) -> Word | None:
        """Where what suffers behind `cause` was told before, it is the same incident, and its cause is known now."""
        below = set(self.graph.below(cause))
        told = [incident for name, incident in self.memory.open.items() if name in below]
        if not told:
            return None
        first = min(told, key=lambda incident: incident.opened)
        for incident in told:
            del self.memory.open[incident.cause]
        before, first.cause, first.text = first.cause, cause, readings[cause].text
        first.suffering, first.last_told = self._suffering(cause), now
        self.memory.open[cause] = first
        return Word("moved", first, f"Behind “{self._title(before)}” is: {self._sentence(first)}")

    def _suffering(self, cause: str) -> list[str]:
        return sorted(name for name in self.graph.below(cause) if self.memory.nodes[name].unwell)

    def _remind(self, readings: Mapping[str, Reading], now: float) -> list[Word]:
        words = []
        for name, incident in self.memory.open.items():
            incident.suffering = self._suffering(name) if name in self.graph.nodes else []
            pause = REMIND_S[min(incident.told, len(REMIND_S) - 1)]
            if incident.last_told + pause <= now:
                incident.told, incident.last_told = incident.told + 1, now
                incident.text = readings[name].text if name in readings else incident.text
                words.append(Word("reminder", incident, f"For {span(now - incident.opened)}: {self._sentence(incident)}"))
        return words

    def _close(self, now: float) -> list[Word]:
        words = []
        for name in list(self.memory.open):
            if name in self.graph.nodes and not self._is_over(self.memory.nodes[name], now):
                continue
            incident = self.memory.open.pop(name)
            incident.closed = now
            took = span(now - incident.opened)
            words.append(Word("recovered", incident, f"Well again after {took}: {self._title(name)}."))
        return words

    @staticmethod
    def _is_over(node: Standing, now: float) -> bool:
        if node.well < CONFIRM:
            return False
        restless = len([moment for moment in node.turns if moment > now - FLAP_S]) >= FLAPS
        return not restless or node.since <= now - CALM_S

    def _sentence(self, incident: Incident) -> str:
        node = self.graph.nodes.get(incident.cause)
        text = f"{self._title(incident.cause)}: {incident.text}".rstrip()
        if incident.suffering:
            names = ", ".join(self._title(name) for name in incident.suffering[:6])
            more = len(incident.suffering) - 6
            text += f" Behind it suffer: {names}{f' and {more} more' if more > 0 else ''}."
        return f"{text} {node.act}".rstrip() if node else text

    def _title(self, name: str) -> str:
        return self.graph.nodes[name].title if name in self.graph.nodes else name


def span(seconds: float) -> str:
    """ "40 s", "12 min", "3 h 5 min", "2 days"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days"


def as_values(memory: Memory) -> dict[str, Any]:
    """For JSON."""
    return {
        "nodes": {name: vars(node) for name, node in memory.nodes.items()},
        "open": {name: vars(incident) for name, incident in memory.open.items()},
        "number": memory.number,
    }


def from_values(values: Mapping[str, Any]) -> Memory:
    """Raises LookupError, TypeError or AttributeError for what another version wrote: then nothing is remembered."""
    nodes = {name: Standing(**node) for name, node in values["nodes"].items()}
    return Memory(nodes, {name: Incident(**incident) for name, incident in values["open"].items()}, values["number"])
