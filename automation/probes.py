"""How follow-ups stand: whether events are read, runs go on, messages leave, and what the mirror's age holds up."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from automation.messaging.models import Answer, Epoch, Message
from automation.workflows.models import AutomationDelivery, Event, Run, Workflow
from config.backoffice.positions import few
from config.jobs import probes as jobs
from config.monitoring import common
from config.monitoring.probes import Check, Node, Reading, State

UNIT = "automation"
MANY = 10_000  # rows counted
OVERDUE = timedelta(minutes=15)
RECENTLY = timedelta(days=1)


def checks() -> tuple[Check, ...]:
    lag = Node("automation.lag", "Changes read for workflows", UNIT, ("worker.automation",), settles_s=600)
    runs = Node("automation.runs", "Workflow runs that are due", UNIT, ("worker.automation", "switch.workflows"), 900)
    failed = Node("automation.failed", "Workflow runs that failed", UNIT, act="Look at its decisions in the admin.")
    due = Node("automation.messages", "Messages that are due", UNIT, ("worker.automation", "switch.messaging"), 900,
               act="Look at manage.py messaging status.")  # fmt: skip
    mirror = ("worker.servicetitan", "switch.servicetitan")
    stale = Node("automation.stale", "Messages held for the mirror's age", UNIT, mirror, 1800,
                 act="They leave once the mirror has caught up, or expire by their workflow's rule.")  # fmt: skip
    unknown = Node("automation.unknown", "Messages nobody knows the end of", UNIT, act="Ask the customer or the provider.")
    replies = Node("automation.replies", "Replies of customers", UNIT, act="Read and answer them: Answers, in the admin.")
    return (
        jobs.worker(UNIT, "workflows and messages", "st_workflow_worker", AutomationDelivery),
        Check("automation.lag", (lag,), lambda at: {"automation.lag": common.lag("automation.workflow_feed_positions", at)}),
        Check("automation.work", (runs, failed, due, stale, unknown, replies), _work),
    )


def _work(at: datetime) -> Mapping[str, Reading]:
    unknown = Message.objects.filter(state=Message.State.UNKNOWN, settled_at__gt=at - RECENTLY)
    return {
        "automation.runs": _runs(at),
        "automation.failed": _recent(Run.objects.filter(state=Run.State.FAILED, ended_at__gt=at - RECENTLY), "runs failed today"),
        "automation.messages": _due(at),
        "automation.stale": _stale(at),
        "automation.unknown": _recent(unknown, "messages of today may have been sent, or not"),
        "automation.replies": _replies(at),
    }


def _runs(at: datetime) -> Reading:
    """Of workflows that are on: who is inside one that was switched off waits on purpose."""
    on = list(Workflow.objects.filter(enabled=True).values_list("pk", flat=True))
    due = Run.objects.filter(state=Run.State.ACTIVE, due_at__lte=at - OVERDUE, workflow_id__in=on)
    count, text = few(due, MANY)
    events = Event.objects.filter(handled_at__isnull=True, noted_at__lte=at - OVERDUE).exists()
    said = f"{text} runs have been due for more than {OVERDUE.total_seconds() / 60:.0f} minutes."
    return Reading(State.BAD if count or events else State.OK, said, {"overdue": float(count)})


def _due(at: datetime) -> Reading:
    waiting = Message.objects.filter(state=Message.State.WAITING, due_at__lte=at - OVERDUE)
    count, text = few(waiting, MANY)
    epoch = Epoch.objects.order_by("-number").values_list("number", flat=True).first() or 1
    said = f"{text} messages should have left more than {OVERDUE.total_seconds() / 60:.0f} minutes ago."
    return Reading(State.BAD if count else State.OK, said, {"overdue": float(count), "epoch": float(epoch)})


def _stale(at: datetime) -> Reading:
    held = Message.objects.filter(state=Message.State.WAITING, due_at__gt=at - OVERDUE, held_by__startswith="The mirror ")
    count, text = few(held, MANY)
    first = held.first() if count else None
    said = f"{text} messages wait. {first.held_by}" if first else "None waits for it."
    return Reading(State.BAD if count else State.OK, said, {"held": float(count)})


def _recent(rows: Any, what: str) -> Reading:
    count, text = few(rows, MANY)
    return Reading(State.WARNING if count else State.OK, f"{text} {what}.", {"count": float(count)})


def _replies(at: datetime) -> Reading:
    rows = Answer.objects.filter(kind=Answer.Kind.INBOUND, meaning="reply", received_at__gt=at - RECENTLY)
    count, text = few(rows, MANY)
    return Reading(State.OK, f"{text} customers wrote something today.", {"count": float(count)})
