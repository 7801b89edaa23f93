"""Keeping what became of records: their rows and lines of the log, in one transaction for all that were sent together."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from config.jobs.lease import LeaseLost, LeaseTable
from salesforce.models import BulkJob, Pushed, SyncLog, SyncRun
from salesforce.push.consume import ALIAS, wake_contacts
from salesforce.push.kinds import ACCOUNTS, Kind
from salesforce.push.masks import masked
from salesforce.push.orders import Counts
from salesforce.push.verdicts import Kind as Fate
from salesforce.push.verdicts import Verdict

LEASES = LeaseTable("salesforce.leases", "name", ALIAS)
PUSH = "push"
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(days=1)
State, Log = Pushed.State, SyncLog.State

# What was marked again since it was planned stays due. What failed keeps the values that are there.
_STORE = """
UPDATE {table} AS t SET
    state = n.state, reason = n.reason, code = n.code, attempts = n.attempts, name = n.name, notes = n.notes, job_id = NULL,
    planned = NULL, planned_at = NULL, sf_id = coalesce(n.sf_id, t.sf_id), sent_hash = CASE WHEN n.arrived THEN n.hash ELSE
    t.sent_hash END, sent = CASE WHEN n.arrived THEN n.sent ELSE t.sent END,
    sent_at = CASE WHEN n.arrived THEN now() ELSE t.sent_at END,
    due_at = CASE WHEN t.due_at > n.planned_at THEN t.due_at ELSE n.due_at END
FROM jsonb_to_recordset(%s) AS n(id bigint, state text, reason text, code text, attempts int, name text, notes jsonb,
    sf_id text, arrived boolean, hash text, sent jsonb, planned_at timestamptz, due_at timestamptz)
WHERE t.st_customer_id = n.id
"""


@dataclass
class Outcome:
    """What became of a record. `values`: what was sent of it; `hash`: of all that should be there."""

    row: Pushed
    verdict: Verdict
    name: str
    hash: str
    values: dict[str, Any]
    planned_at: datetime
    notes: list[str] = field(default_factory=list)

    @property
    def arrived(self) -> bool:
        return self.verdict.kind == Fate.DONE

    @property
    def failed(self) -> bool:
        """Whether it is tried again after a pause that grows."""
        return self.verdict.kind not in (Fate.DONE, Fate.CONFLICT, Fate.ABSENT)


_STATES = {
    Fate.DONE: State.SENT, Fate.CONFLICT: State.CONFLICT, Fate.FAILED: State.FAILED, Fate.ABSENT: State.SKIPPED,
}  # fmt: skip
_LOGGED = {
    State.SENT: Log.SUCCESS, State.CONFLICT: Log.CONFLICT, State.FAILED: Log.FAILED, State.PENDING: Log.RETRY,
    State.SKIPPED: Log.SKIPPED,
}  # fmt: skip
_COUNTED = {State.CONFLICT: "conflicts", State.FAILED: "failed", State.PENDING: "pending", State.SKIPPED: "skipped"}


@dataclass
class Keeper:
    """For one run. `fence` is its lease's: what a run stores that has lost it is refused."""

    run: SyncRun
    fence: int
    counts: Counts

    def store(self, kind: Kind, outcomes: Sequence[Outcome], api: str, job: BulkJob | None = None) -> None:
        """Raises LeaseLost."""
        if not outcomes:
            return
        now = timezone.now()
        rows = [_columns(outcome, now) for outcome in outcomes]
        with transaction.atomic(using=ALIAS):
            self.own()
            with connections[ALIAS].cursor() as cursor:
                cursor.execute(_STORE.format(table=kind.table), [json.dumps(rows, default=str)])
            entries = zip(outcomes, rows, strict=True)
            SyncLog.objects.bulk_create([self._entry(kind, o, row, api, job, now) for o, row in entries])
            if kind is ACCOUNTS:
                wake_contacts([outcome.row.pk for outcome in outcomes if outcome.arrived and not outcome.row.sf_id])
        for outcome, row in zip(outcomes, rows, strict=True):
            done = "created" if outcome.verdict.created else "updated"
            self.counts.add(**{_COUNTED.get(State(row["state"]), done): 1})

    def own(self) -> None:
        """That the lease is still ours, until the end of the transaction."""
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SELECT FROM salesforce.leases WHERE name = %s AND fence = %s FOR SHARE", [PUSH, self.fence])
            if cursor.rowcount != 1:
                raise LeaseLost("Another run has taken the push over.")

    def _entry(
        self, kind: Kind, outcome: Outcome, row: dict[str, Any], api: str, job: BulkJob | None, now: datetime
    ) -> SyncLog:
        verdict = outcome.verdict
        act = (SyncLog.Act.CREATE if verdict.created else SyncLog.Act.UPDATE) if outcome.arrived else SyncLog.Act.NOTHING
        return SyncLog(
            run=self.run, job=job, at=now, sobject=kind.sobject, st_customer_id=outcome.row.pk, api=api,
            sf_id=verdict.id or outcome.row.sf_id, act=act, state=_LOGGED[State(row["state"])], code=verdict.code,
            reason=verdict.reason, fields=verdict.fields, notes=outcome.notes, attempts=row["attempts"],
            next_try_at=row["due_at"], payload_hash=outcome.hash, request=masked(outcome.values),
            answer={"id": verdict.id, "created": verdict.created, "success": outcome.arrived},
        )  # fmt: skip


def _columns(outcome: Outcome, now: datetime) -> dict[str, Any]:
    verdict = outcome.verdict
    attempts = outcome.row.attempts + 1 if outcome.failed else 0
    reason = verdict.reason if not outcome.arrived else ""
    return {
        "id": outcome.row.pk, "state": _STATES.get(verdict.kind, State.PENDING), "reason": reason, "code": verdict.code,
        "attempts": attempts, "name": outcome.name, "notes": outcome.notes, "sf_id": verdict.id, "arrived": outcome.arrived,
        "hash": outcome.hash, "sent": outcome.values, "planned_at": outcome.planned_at,
        "due_at": now + pause(attempts) if outcome.failed else None,
    }  # fmt: skip


def pause(failures: int) -> timedelta:
    """Doubled with each failure in a row."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * float(2 ** min(failures - 1, 12)))
