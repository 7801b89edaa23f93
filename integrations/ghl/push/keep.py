"""Keeping what became of a record: its row and a line of the log, in one transaction, before anything else is sent for it."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from config.jobs.lease import LeaseLost, LeaseTable
from integrations.ghl.models import Contact, Opportunity, Pushed, SyncLog, SyncRun
from integrations.ghl.push.consume import ALIAS
from integrations.ghl.push.masks import masked

LEASES = LeaseTable("integrations.ghl_leases", "name", ALIAS)
PUSH = "push"
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(days=1)
State, Act = Pushed.State, SyncLog.Act


@dataclass
class Done:
    """What became of a record. `columns`: further ones of its row. `due_at`: when to look again; None: it rests."""

    state: str
    act: str
    reason: str = ""
    due_at: datetime | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    request: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    failed: bool = False


@dataclass
class Counts:
    """Of a run, by all its threads."""

    looked_at: int = 0
    unchanged: int = 0
    created: int = 0
    adopted: int = 0
    updated: int = 0
    skipped: int = 0
    conflicts: int = 0
    failed: int = 0
    pending: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, **numbers: int) -> None:
        with self._lock:
            for name, number in numbers.items():
                setattr(self, name, getattr(self, name) + number)

    def as_dict(self) -> dict[str, int]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}


_COUNTED = {State.SKIPPED: "skipped", State.CONFLICT: "conflicts", State.FAILED: "failed", State.PENDING: "pending"}
_ACTS = {Act.CREATE: "created", Act.ADOPT: "adopted", Act.UPDATE: "updated", Act.TAGS: "updated"}


@dataclass
class Keeper:
    """For one run. `fence` is its lease's: what a run stores that has lost it is refused."""

    run: SyncRun
    fence: int
    counts: Counts = field(default_factory=Counts)

    def intend(self, row: Pushed, **columns: Any) -> None:
        """A create is about to leave. Raises LeaseLost, or IntegrityError where a claimed identity is another row's."""
        row.intent_at = timezone.now()
        with transaction.atomic(using=ALIAS):
            self._own()
            self._update(row, intent_at=row.intent_at, **columns)

    def note(self, row: Pushed, **columns: Any) -> None:
        """Something that is true whatever comes next. Raises as `intend`."""
        with transaction.atomic(using=ALIAS):
            self._own()
            self._update(row, **columns)

    def store(self, row: Pushed, done: Done, planned_at: datetime) -> None:
        """Raises LeaseLost. A record that was marked again since `planned_at` stays due."""
        failures = row.attempts + 1 if done.failed else 0
        due = done.due_at or (timezone.now() + pause(failures) if done.failed else None)
        with transaction.atomic(using=ALIAS):
            self._own()
            self._update(row, state=done.state, reason=done.reason, attempts=failures, **done.columns)
            rest(row, due, planned_at)
            SyncLog.objects.create(
                run=self.run, at=timezone.now(), kind=kind_of(row), record_id=row.pk, ghl_id=row.ghl_id, act=done.act,
                state=done.state, reason=done.reason, attempts=failures, next_try_at=due, request=masked(done.request),
                answer=masked(done.answer),
            )  # fmt: skip
        self.counts.add(**{_COUNTED.get(State(done.state)) or _ACTS.get(Act(done.act), "unchanged"): 1})

    def _own(self) -> None:
        """That the lease is still ours, until the end of the transaction."""
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SELECT FROM integrations.ghl_leases WHERE name = %s AND fence = %s FOR SHARE", [PUSH, self.fence])
            if cursor.rowcount != 1:
                raise LeaseLost("Another run has taken the push over.")

    def _update(self, row: Pushed, **columns: Any) -> None:
        for name, value in columns.items():
            setattr(row, name, value)
        type(row)._default_manager.filter(pk=row.pk).update(**columns)


def rest(row: Pushed, due: datetime | None, planned_at: datetime) -> None:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            f"UPDATE {row._meta.db_table} SET due_at = CASE WHEN due_at > %s THEN due_at ELSE %s END "
            f"WHERE {row._meta.pk.column} = %s",
            [planned_at, due, row.pk],
        )


def kind_of(row: Pushed) -> str:
    return SyncLog.Kind.CONTACT if isinstance(row, Contact) else SyncLog.Kind.OPPORTUNITY


def pause(failures: int) -> timedelta:
    """Doubled with each failure in a row."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * float(2 ** min(failures - 1, 12)))


def settled_at(row: Pushed) -> datetime:
    """When a create that had no answer is either done and found, or never will be."""
    assert row.intent_at is not None
    return row.intent_at + timedelta(seconds=settings.GHL_SETTLE_S)


def model_of(kind: str) -> type[Contact] | type[Opportunity]:
    return Contact if kind == SyncLog.Kind.CONTACT else Opportunity
