"""The virtual clock: events enter, runs go on and messages are looked at in their order, by the engine's own rules."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Protocol

from automation.workflows import calendar, entering
from automation.workflows.conditions import holds_for
from automation.workflows.entities import ENTITIES
from automation.workflows.events import KINDS, TIMED, derived
from automation.workflows.models import Effect, Event, Run, Version, Workflow
from automation.workflows.simulation.past import Past, TooMuch
from automation.workflows.simulation.report import Simulated
from automation.workflows.stepping import Batch
from automation.workflows.stored import Current
from config.feed.reader import between

MOST_EVENTS = 50_000
TOGETHER = timedelta(minutes=5)  # what is due within it is decided about at its end: queries for many cost as much as for one
CALENDAR = timedelta(hours=1)


class Messages(Protocol):
    """What becomes of wishes: a rehearsal of the last look."""

    def want(self, effects: Sequence[Effect]) -> None: ...

    def due(self) -> datetime | None: ...

    def look(self, now: datetime) -> None: ...


@dataclass(order=True)
class _Due:
    at: datetime
    number: int
    run: Any


class Replay:
    """`stop` is asked between steps of the clock."""

    def __init__(self, one: Current, past: Past, report: Simulated, messages: Messages, stop: Callable[[], bool]) -> None:
        self._one, self._past, self._report, self._messages, self._stop = one, past, report, messages, stop
        self._numbers = count(1)
        self._events: list[Event] = []
        self._earlier: dict[int, tuple[datetime, bool]] = {}
        self._due: list[_Due] = []
        self._inside: dict[int, Run] = {}

    def run(self) -> None:
        self._events = sorted(self._all_events(), key=lambda event: event.happened_at)
        self._report.events = len([event for event in self._events if event.kind == self._one.definition.event])
        place = 0
        while not self._stop() and (now := self._next(place)) is not None:
            here = place
            while place < len(self._events) and self._events[place].happened_at <= now:
                place += 1
            self._decide(self._events[here:place], now)
            self._go_on(now)
            self._messages.look(now)
        self._report.inside = len(self._inside)

    def _next(self, place: int) -> datetime | None:
        moments = [self._events[place].happened_at] if place < len(self._events) else []
        moments += [self._due[0].at] if self._due else []
        waiting = self._messages.due()
        moments += [waiting] if waiting is not None else []
        if not moments or min(moments) > self._report.until:
            return None
        return min(min(moments) + TOGETHER, self._report.until)

    # Events

    def _all_events(self) -> Iterator[Event]:
        definition = self._one.definition
        heard = {op.word for op in definition.program if op.kind == "hear"} - {definition.event}
        kinds = {definition.event, *heard}
        for feed in sorted({ENTITIES[KINDS[kind]].feed for kind in kinds if kind not in TIMED}):
            yield from self._of_the_log(feed, kinds)
        if definition.event in TIMED:
            yield from self._of_the_calendar()

    def _of_the_log(self, feed: str, kinds: set[str]) -> Iterator[Event]:
        report = self._report
        changes = between(feed, report.since, report.until, MOST_EVENTS + 1)
        if len(changes) > MOST_EVENTS:
            raise TooMuch(f"In this span {feed} changed more than {MOST_EVENTS:,} times: take a shorter one.")
        for event in derived(feed, changes, report.until):
            if event.kind in kinds:
                if self._was_loaded(event):
                    report.loaded += 1
                else:
                    yield event

    def _was_loaded(self, event: Event) -> bool:
        """A record that is new here and old there came with the first load: what happened to it before, nobody noted."""
        if not event.kind.endswith("created"):
            return False
        rows = ENTITIES[event.entity].model._default_manager.filter(pk=event.entity_id)
        made = rows.values_list("created_on", flat=True).first()
        return made is not None and event.happened_at - made > self._one.definition.newest

    def _of_the_calendar(self) -> Iterator[Event]:
        definition, seen, now = self._one.definition, set[str](), self._report.since
        while now <= self._report.until:
            with self._past.at(now):
                for event in calendar.found(definition.event, definition.days, now):
                    if event.key not in seen:
                        seen.add(event.key)
                        yield event
            now += CALENDAR

    # Runs

    def _decide(self, events: Sequence[Event], now: datetime) -> None:
        for event in events:
            self._wake(event, now)
        one = self._one
        about = [event for event in events if event.kind == one.definition.event]
        ids = [event.entity_id for event in about]
        with self._past.at(now, {one.definition.entity: ids}):
            wanted = holds_for(one.definition.entity, one.definition.entry, ids, now)
        for event in about:
            why = entering.why_not(one, event, now, wanted, self._earlier)
            if why:
                self._report.kept_out[why] += 1
            else:
                self._enter(event, now)

    def _enter(self, event: Event, now: datetime) -> None:
        run = entering.new_run(self._one, event, now)
        run.pk = next(self._numbers)
        self._report.entered += 1
        self._earlier[run.entity_id] = (now, True)
        self._inside[run.pk] = run
        heapq.heappush(self._due, _Due(now, next(self._numbers), run))

    def _wake(self, event: Event, now: datetime) -> None:
        """As entering._WAKE does."""
        for run in self._inside.values():
            same = run.entity == event.entity and run.entity_id == event.entity_id
            if run.waits_for == event.kind and (same or (run.entity != event.entity and run.customer_id == event.customer_id)):
                run.due_at, run.heard, run.waits_for = now, True, ""
                heapq.heappush(self._due, _Due(now, next(self._numbers), run))

    def _go_on(self, now: datetime) -> None:
        runs: dict[int, Run] = {}
        while self._due and self._due[0].at <= now:
            due = heapq.heappop(self._due)
            if due.run.pk in self._inside and due.run.due_at == due.at:  # else it was woken, and stands elsewhere in the heap
                runs[due.run.pk] = due.run
        if not runs:
            return
        batch = Batch(now)
        with self._past.at(now, {self._one.definition.entity: [run.entity_id for run in runs.values()]}):
            batch.take(list(runs.values()))
        self._messages.want(batch.effects)
        for run in runs.values():
            self._note(run)

    def _note(self, run: Run) -> None:
        if run.state == Run.State.ACTIVE and run.due_at is not None:
            heapq.heappush(self._due, _Due(run.due_at, next(self._numbers), run))
            return
        del self._inside[run.pk]
        self._earlier[run.entity_id] = (self._earlier[run.entity_id][0], False)
        self._report.ended[run.reason] += 1
        self._report.control += run.group == Run.Group.CONTROL


def unstored(content: Any, definition: Any, now: datetime) -> Current:
    """A definition as the engine knows it, of rows that are never saved."""
    workflow = Workflow(pk=0, name=definition.name, title=definition.title, enabled=True, made_at=now)
    version = Version(pk=0, workflow=workflow, number=0, trigger=definition.event, content=content, made_at=now)
    return Current(workflow, version, definition)
