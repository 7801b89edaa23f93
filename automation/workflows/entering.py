"""Events become runs, or a reason why not; and they wake runs that wait for them.

An event is decided about once: its mark, the runs and the reasons commit together, and the database lets one event make only one
run of a workflow.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connections, transaction

from automation.workflows import stored, tracing
from automation.workflows.conditions import holds_for
from automation.workflows.events import ALIAS
from automation.workflows.evidence import values_of
from automation.workflows.models import Event, Run, Trace
from automation.workflows.stored import Current

AT_A_TIME = 500
# An event about the same record, or about another kind of record of the same customer: a job for one who waits with an estimate.
# What is compared again in the last line is what somebody else may have changed while this waited for him.
_WAKE = """
WITH happened AS (
    SELECT DISTINCT * FROM jsonb_to_recordset(%(events)s) AS e(kind text, entity text, id bigint, customer bigint)
), meant AS (
    SELECT r.id, e.kind FROM happened AS e JOIN automation.workflow_runs AS r ON r.entity = e.entity AND r.entity_id = e.id
    WHERE r.state = 'active' AND r.waits_for = e.kind
    UNION
    SELECT r.id, e.kind FROM happened AS e JOIN automation.workflow_runs AS r ON r.customer_id = e.customer
    WHERE r.state = 'active' AND r.waits_for = e.kind AND r.waits_for <> '' AND r.entity <> e.entity
)
UPDATE automation.workflow_runs AS r SET due_at = %(now)s, heard = true, waits_for = ''
FROM meant WHERE r.id = meant.id AND r.state = 'active' AND r.waits_for = meant.kind
"""
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('workflows entering', 0))"


def enter(now: datetime) -> int:
    """Decide about the oldest events that nobody has decided about. Returns how many those were; 0 also where another is at it.

    One process at a time: of two events about a record the second is decided knowing what became of the first, or both would
    enter where each may only once.
    """
    with transaction.atomic(using=ALIAS):
        if not _alone():
            return 0
        events = list(Event.objects.filter(handled_at__isnull=True).order_by("id")[:AT_A_TIME])
        if events:
            _wake(events, now)
            by_kind: dict[str, list[Event]] = defaultdict(list)
            for event in events:
                by_kind[event.kind].append(event)
            for kind, part in by_kind.items():
                for one in stored.current(kind):
                    _enter(one, part, now)
            Event.objects.filter(pk__in=[event.pk for event in events]).update(handled_at=now)
    return len(events)


def _alone() -> bool:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_ALONE)
        return bool(cursor.fetchone()[0])


def _wake(events: Iterable[Event], now: datetime) -> None:
    rows = [{"kind": e.kind, "entity": e.entity, "id": e.entity_id, "customer": e.customer_id} for e in events]
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_WAKE, {"events": json.dumps(rows), "now": now})


def _enter(one: Current, events: Sequence[Event], now: datetime) -> None:
    definition = one.definition
    ids = [event.entity_id for event in events]
    wanted = holds_for(definition.entity, definition.entry, ids, now)
    seen = values_of(definition.entity, definition.entry, ids)
    earlier = _earlier(one, events)
    runs: list[Run] = []
    traces: list[Trace] = []
    for event in events:
        why = why_not(one, event, now, wanted, earlier)
        if why:
            traces.append(tracing.of_event(event, one.workflow.pk, now, tracing.KEPT_OUT, why, data=seen.get(event.entity_id)))
        else:
            runs.append(new_run(one, event, now))
            earlier[event.entity_id] = (now, True)
    made = Run.objects.bulk_create(runs)
    by_id = {event.pk: event for event in events}
    traces += [
        tracing.of_event(by_id[run.event_id], one.workflow.pk, now, tracing.ENTERED, "", run, seen.get(run.entity_id))
        for run in made
    ]
    Trace.objects.bulk_create(traces)


def _earlier(one: Current, events: Sequence[Event]) -> dict[int, tuple[datetime, bool]]:
    """By record: when it last entered, and whether it is still inside."""
    rows = Run.objects.filter(workflow=one.workflow, entity=one.definition.entity, entity_id__in=[e.entity_id for e in events])
    found: dict[int, tuple[datetime, bool]] = {}
    for id, started, state in rows.order_by("id").values_list("entity_id", "started_at", "state"):
        found[id] = (started, state == Run.State.ACTIVE)
    return found


def why_not(one: Current, event: Event, now: datetime, wanted: set[int], earlier: dict[int, tuple[datetime, bool]]) -> str:
    definition = one.definition
    if now - event.happened_at > definition.newest:
        return f"It happened more than {definition.newest.total_seconds() / 3600:.0f} hours ago."
    if event.entity_id not in wanted:
        return "The entry condition does not hold, or the record is gone."
    last = earlier.get(event.entity_id)
    if last is None:
        return ""
    started, inside = last
    if inside:
        return "It is inside already."
    if definition.reentry_days is None:
        return "It was inside before, and this workflow takes each only once."
    if now - started < timedelta(days=definition.reentry_days):
        return f"It was inside less than {definition.reentry_days} days ago."
    return ""


def new_run(one: Current, event: Event, now: datetime) -> Run:
    """Not stored yet."""
    return Run(
        workflow=one.workflow, version=one.version, event=event, entity=event.entity, entity_id=event.entity_id,
        customer_id=event.customer_id, due_at=now, started_at=now,
    )  # fmt: skip
