"""What the engine should do, in the plainest way: a dict of records, a generator for each run, and no database.

It reads the definition as people write it, a tree of steps, and not the program that the engine makes of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from automation.workflows.stepping import share_of

MINUTE = timedelta(minutes=1)
UNITS = {"m": MINUTE, "h": 60 * MINUTE, "d": timedelta(days=1)}


@dataclass
class Record:
    customer: int
    status: str = "Open"
    subtotal: int = 1000
    gone: bool = False


@dataclass(frozen=True)
class Happened:
    id: int
    kind: str
    entity: str
    entity_id: int
    customer: int
    at: datetime


@dataclass
class Run:
    """`way` yields whenever it has to wait, and returns the state it ends in, with the reason."""

    event: int
    workflow: str
    content: dict[str, Any]
    entity_id: int
    started: datetime
    due: datetime | None
    state: str = "active"
    reason: str = ""
    waits_for: str = ""
    heard: bool | None = None
    control: bool = False
    way: Iterator[None] | None = None

    @property
    def key(self) -> tuple[int, str]:
        return self.event, self.workflow

    def end(self, state: str, reason: str) -> None:
        self.state, self.reason, self.due = state, reason, None


class Stop(Exception):
    """A step says that it is over."""


@dataclass
class Reference:
    now: datetime
    records: dict[int, Record] = field(default_factory=dict)
    contents: dict[str, dict[str, Any]] = field(default_factory=dict)  # by workflow: the newest
    enabled: set[str] = field(default_factory=set)
    open: list[Happened] = field(default_factory=list)
    runs: dict[tuple[int, str], Run] = field(default_factory=dict)
    effects: list[tuple[tuple[int, str], str, str]] = field(default_factory=list)  # run, step, template
    kept_out: int = 0

    def due(self) -> set[tuple[int, str]]:
        return {run.key for run in self.runs.values() if run.due and run.due <= self.now and run.workflow in self.enabled}

    def enter(self, most: int) -> int:
        events, self.open = self.open[:most], self.open[most:]
        for event in events:
            for run in self.runs.values():
                if run.waits_for == event.kind and self._concerns(event, run):
                    run.due, run.heard, run.waits_for = self.now, True, ""
            for name in sorted(self.enabled):
                if self.contents[name]["trigger"]["event"] == event.kind:
                    self._decide(name, event)
        return len(events)

    def _concerns(self, event: Happened, run: Run) -> bool:
        if event.entity == "estimate":
            return event.entity_id == run.entity_id
        return event.customer == self.records[run.entity_id].customer

    def _decide(self, name: str, event: Happened) -> None:
        content = self.contents[name]
        before = [run for run in self.runs.values() if run.workflow == name and run.entity_id == event.entity_id]
        reentry = content["reentry"]
        days = reentry["after_days"] if isinstance(reentry, dict) else 0
        if (
            self.now - event.at > timedelta(hours=48)
            or not self._holds(content["entry"], event.entity_id)
            or any(run.state == "active" for run in before)
            or (before and reentry == "once")
            or any(self.now - run.started < timedelta(days=days) for run in before[-1:])
        ):
            self.kept_out += 1
        else:
            run = Run(event.id, name, content, event.entity_id, self.now, self.now)
            self.runs[run.key] = run

    def advance(self, key: tuple[int, str]) -> None:
        run = self.runs[key]
        run.due, run.waits_for = None, ""
        if self.records[run.entity_id].gone:
            run.end("stopped", "The record is gone from ServiceTitan.")
        elif "goal" in run.content and self._holds(run.content["goal"], run.entity_id):
            run.end("stopped", "The goal is reached.")
        else:
            run.way = run.way or self._walk(run, run.content["steps"], "")
            try:
                next(run.way)
            except StopIteration:
                run.end("done", "It is through.")
            except Stop as stop:
                run.end("stopped", str(stop))

    def _walk(self, run: Run, steps: list[dict[str, Any]], prefix: str) -> Iterator[None]:
        for number, step in enumerate(steps, 1):
            name = f"{prefix}{number}"
            if step["do"].startswith("wait"):
                self._rest(run, step)
                yield
            elif step["do"] == "branch":
                part = "then" if self._holds(step["if"], run.entity_id) else "else"
                yield from self._walk(run, step.get(part, []), f"{name}.{part}.")
            elif step["do"] == "split":
                run.control = share_of(run.workflow, run.entity_id) < step["control_percent"]
            elif step["do"] == "stop":
                raise Stop(step["reason"])
            elif not run.control:
                self.effects.append((run.key, name, step["template"]))

    def _rest(self, run: Run, step: dict[str, Any]) -> None:
        if "clock" in step:
            run.due = self._next(step["clock"])
        elif "for" in step:
            run.due = self.now + span(step["for"])
        else:
            run.due, run.waits_for, run.heard = self.now + span(step["at_most"]), step["event"], False

    def _next(self, clock: str) -> datetime:
        at = self.now.replace(second=0, microsecond=0) + MINUTE
        while timezone.localtime(at).strftime("%H:%M") != clock:
            at += MINUTE
        return at

    def _holds(self, condition: dict[str, Any], id: int) -> bool:
        record = self.records[id]
        (kind, rows), = condition.items()
        found = [row["value"] == record.status if row["op"] == "is" else record.subtotal >= row["value"] for row in rows]
        return not record.gone and (all(found) if kind == "all" else any(found))


def span(text: str) -> timedelta:
    return int(text[:-1]) * UNITS[text[-1]]
