"""Runs step by step: what is due is claimed by one worker, and its moves, what is to be sent and why commit together.

Killed at any instant, nothing of a batch is there, and another worker does it; committed, nothing of it is done again. Time is
always passed in.
"""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, transaction

from automation.workflows import tracing
from automation.workflows.events import ALIAS
from automation.workflows.models import Effect, Run, Trace, Version, Workflow
from automation.workflows.stepping import Batch, Moved
from automation.workflows.stored import Unreadable

log = logging.getLogger(__name__)

BATCH = 200
MOST_ATTEMPTS = 5
FIRST_PAUSE = timedelta(minutes=1)
UNREADABLE_PAUSE = timedelta(hours=1)
State = Run.State

_STORE = """
UPDATE automation.workflow_runs AS r SET state = n.state, "group" = n."group", step = n.step, due_at = n.due_at,
    waits_for = n.waits_for, heard = n.heard, attempts = n.attempts, reason = n.reason, ended_at = n.ended_at
FROM jsonb_to_recordset(%s) AS n(id bigint, state text, "group" text, step int, due_at timestamptz, waits_for text,
    heard boolean, attempts int, reason text, ended_at timestamptz)
WHERE r.id = n.id
"""
# Workflow by workflow, each by its part of the index: who is due in one that is switched off is not even looked at.
_OLDEST = """
SELECT w.id FROM unnest(%s::bigint[]) AS w(id) CROSS JOIN LATERAL (
    SELECT due_at FROM automation.workflow_runs WHERE workflow_id = w.id AND state = 'active' AND due_at <= %s
    ORDER BY due_at, id LIMIT 1
) AS oldest ORDER BY oldest.due_at, w.id
"""


def tick(now: datetime, batch: int = BATCH) -> Moved:
    """Take one batch of what is due. A batch that fails is taken run by run, so that one bad run stops nobody."""
    enabled = list(Workflow.objects.filter(enabled=True).values_list("pk", flat=True))
    try:
        with transaction.atomic(using=ALIAS):
            return _advance(_claimed(enabled, now, batch), now)
    except Exception:
        log.warning("A batch of runs failed; they are taken one by one.", exc_info=True)
        return _one_by_one(enabled, now, batch)


def _claimed(enabled: Sequence[int], now: datetime, batch: int) -> list[Run]:
    """The workflow whose run has been due for longest comes first, so that none waits behind all of another."""
    claimed: list[Run] = []
    for workflow in _oldest_first(enabled, now):
        rows = Run.objects.filter(workflow=workflow, state=State.ACTIVE, due_at__lte=now).order_by("due_at", "id")
        claimed += rows.select_for_update(skip_locked=True)[: batch - len(claimed)]
        if len(claimed) >= batch:
            break
    versions = Version.objects.in_bulk({run.version_id for run in claimed})  # not joined, or they would be locked as well
    for run in claimed:
        run.version = versions[run.version_id]
    return claimed


def _oldest_first(enabled: Sequence[int], now: datetime) -> list[int]:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_OLDEST, [list(enabled), now])
        return [id for (id,) in cursor.fetchall()]


def _one_by_one(enabled: Sequence[int], now: datetime, batch: int) -> Moved:
    done = Moved()
    for _ in range(batch):
        with transaction.atomic(using=ALIAS):
            runs = _claimed(enabled, now, 1)
            if not runs:
                break
            try:
                with transaction.atomic(using=ALIAS):
                    done.add(_advance(runs, now))
            except Exception as error:
                log.exception("Run %s failed.", runs[0].pk)
                _put_off(runs[0], error, now)
                done.add(Moved(runs=1, failed=1))
    return done


def _put_off(run: Run, error: Exception, now: datetime) -> None:
    """Tried again after a pause that grows, and given up after some. In the transaction that claimed it.

    One whose version this hub cannot read is never given up: it waits for a hub that can.
    """
    why = f"{type(error).__name__}: {error}"[:500]
    attempts, pause = run.attempts, UNREADABLE_PAUSE
    if not isinstance(error, Unreadable):
        attempts, pause = attempts + 1, FIRST_PAUSE * 4.0**attempts
    values: dict[str, Any] = {"attempts": attempts, "due_at": now + pause, "reason": why}
    if attempts >= MOST_ATTEMPTS:
        values |= {"state": State.FAILED, "due_at": None, "waits_for": "", "ended_at": now}
    Run.objects.filter(pk=run.pk).update(**values)
    tracing.of_run(run, now, tracing.FAILED, why).save()


def _advance(runs: Sequence[Run], now: datetime) -> Moved:
    batch = Batch(now)
    batch.take(runs)
    _store(batch, runs)
    return batch.moved


def _store(batch: Batch, runs: Sequence[Run]) -> None:
    if not runs:
        return
    rows = [
        {
            "id": run.pk, "state": run.state, "group": run.group, "step": run.step, "due_at": run.due_at,
            "waits_for": run.waits_for, "heard": run.heard, "attempts": 0, "reason": run.reason, "ended_at": run.ended_at,
        }
        for run in runs
    ]  # fmt: skip
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_STORE, [json.dumps(rows, default=str)])
    Effect.objects.bulk_create(batch.effects)
    Trace.objects.bulk_create(batch.traces)
