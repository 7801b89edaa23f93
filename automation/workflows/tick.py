"""Everything that is due, once: what happened is noted, decided about, and runs go on. The command and the task call it alike."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from automation.workflows import calendar, engine, entering, events
from automation.workflows.events import ALIAS
from automation.workflows.stepping import Moved
from config import correlation
from config.isolation import switches
from config.isolation.switches import SwitchedOff
from config.jobs.lease import Busy, LeaseTable, new_holder
from servicetitan.models import causes

LEASES = LeaseTable("automation.workflow_leases", "name", ALIAS)
EVENTS = "events"


class NotRunning(Exception):
    """The switch lets nothing go on. The message says who turned it, and why."""


@dataclass
class Report:
    """`changes` read, `events` decided about, and what runs did."""

    changes: int = 0
    events: int = 0
    moved: Moved = field(default_factory=Moved)

    def as_dict(self) -> dict[str, Any]:
        return {"changes": self.changes, "events": self.events, **vars(self.moved)}


def once(
    clock: Callable[[], datetime] = timezone.now,
    stop: threading.Event | None = None,
    limit_s: float | None = None,
    *,
    with_calendar: bool = False,
) -> Report:
    """Until nothing is due, `stop` is set or the time is over. Raises NotRunning."""
    report, began = Report(), time.monotonic()
    may_go_on()
    report.changes = noted(clock(), with_calendar=with_calendar)
    while not (stop is not None and stop.is_set()) and (limit_s is None or time.monotonic() - began < limit_s):
        may_go_on()
        decided, moved = entering.enter(clock()), engine.tick(clock())
        report.events += decided
        report.moved.add(moved)
        if not decided and not moved.runs:
            break
    return report


def may_go_on() -> None:
    """Asked before each batch: holding the switch loses nobody, who is inside waits where he is. Raises NotRunning."""
    try:
        stand = switches.standing("workflows")
    except SwitchedOff as error:
        raise NotRunning(str(error)) from error
    if stand.mode != switches.Mode.RUN:
        raise NotRunning(f"No workflow goes on: {stand.sentence()}")


def noted(now: datetime, *, with_calendar: bool) -> int:
    """How many changes were read. One process at a time; another one's turn is left to it."""
    holder = new_holder()
    correlation.because_of(())  # what is done now does not follow from what was read the last time
    try:
        fence = LEASES.take(EVENTS, holder, 0)
    except Busy:
        return 0
    try:
        with LEASES.heartbeat(holder):
            caught = events.catch_up(now)
            correlation.because_of(causes(caught.first_txid, caught.last_txid))
            if with_calendar:
                calendar.scan(now)
            return caught.changes
    finally:
        LEASES.release(EVENTS, fence)
