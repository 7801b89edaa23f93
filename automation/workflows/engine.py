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

log = logging.getLogger(__name__)

BATCH = 200
MOST_ATTEMPTS = 5
FIRST_PAUSE = timedelta(minutes=1)
State = Run.State

_STORE = """
UPDATE automation.workflow_runs AS r SET state = n.state, "group" = n."group", step = n.step, due_at = n.due_at,
    waits_for = n.waits_for, heard = n.heard, attempts = n.attempts, reason = n.reason, ended_at = n.ended_at
FROM jsonb_to_recordset(%s) AS n(id bigint, state text, "group" text, step int, due_at timestamptz, waits_for text,
    heard boolean, attempts int, reason text, ended_at timestamptz)
WHERE r.id = n.id
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
    rows = Run.objects.filter(state=State.ACTIVE, due_at__lte=now, workflow_id__in=enabled).order_by("due_at", "id")
    claimed = list(rows.select_for_update(skip_locked=True)[:batch])
    versions = Version.objects.in_bulk({run.version_id for run in claimed})  # not joined, or they would be locked as well
    for run in claimed:
        run.version = versions[run.version_id]
    return claimed


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
                _put_off(runs[0], f"{type(error).__name__}: {error}", now)
                done.add(Moved(runs=1, failed=1))
    return done


def _put_off(run: Run, why: str, now: datetime) -> None:
    """Tried again after a pause that grows, and given up after some. In the transaction that claimed it."""
    attempts = run.attempts + 1
    values: dict[str, Any] = {"attempts": attempts, "due_at": now + FIRST_PAUSE * 4.0 ** (attempts - 1), "reason": why[:500]}
    if attempts >= MOST_ATTEMPTS:
        values |= {"state": State.FAILED, "due_at": None, "ended_at": now}
    Run.objects.filter(pk=run.pk).update(**values)
    tracing.of_run(run, now, tracing.FAILED, why[:500]).save()


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
