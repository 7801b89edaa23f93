"""From rows that are due to what has to be sent. What needs no call is settled here, many at a time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.models import Q

from config.feed.wanted import Skip
from salesforce.mapping.records import Mapping, Wanted, wanted_records
from salesforce.models import Account, Pushed
from salesforce.push.consume import ALIAS
from salesforce.push.kinds import CONTACTS, Kind
from salesforce.push.orders import Counts

CHUNK = 500
State = Pushed.State
WAITS = "Waits until the customer's account is in Salesforce."


@dataclass(frozen=True)
class Item:
    """A record to be sent. `planned_at`: by the database's clock, before anything was read."""

    row: Pushed
    wanted: Wanted
    planned_at: datetime

    def payload(self, key: str, leaving_out: frozenset[str] = frozenset()) -> dict[str, Any]:
        """As JSON has it: the parent is named by its own key, in an object of its own."""
        record: dict[str, Any] = {key: str(self.row.pk)}
        for name, value in self.wanted.values.items():
            parent, dot, part = name.partition(".")
            if name not in leaving_out:
                record[parent] = {part: value} if dot else value
        return record


@dataclass
class Planner:
    """Of one kind. `customer_ids`: only these, due or not."""

    kind: Kind
    mapping: Mapping
    counts: Counts
    customer_ids: Sequence[int] | None = None

    def due(self) -> Any:
        """The rows, as a query."""
        return self._rows(database_now())

    def count(self) -> int:
        return int(self.due().count())

    def items(self) -> Iterator[Item]:
        after = 0
        while True:
            now = database_now()
            chunk = list(self._rows(now).filter(pk__gt=after).order_by("pk").defer("sent", "planned")[:CHUNK])
            if not chunk:
                return
            self.counts.add(looked_at=len(chunk))
            yield from self._planned(chunk, now)
            after = chunk[-1].pk

    def _rows(self, now: datetime) -> Any:
        chosen = Q(due_at__lte=now) if self.customer_ids is None else Q(pk__in=self.customer_ids)
        return self.kind.model._default_manager.filter(chosen, job__isnull=True)

    def _planned(self, chunk: list[Any], now: datetime) -> Iterator[Item]:
        wanted = wanted_records(self.mapping, [row.pk for row in chunk], {row.pk for row in chunk if row.sf_id}, now)
        orphans = self._without_account(chunk)
        quiet = _Quiet(self.kind, now)
        for row in chunk:
            outcome = wanted[row.pk]
            if isinstance(outcome, Skip):
                quiet.skipped[outcome.reason].append(row.pk)
            elif row.sf_id and row.sent_hash == outcome.hash:
                quiet.resting.append(row.pk)
            elif row.pk in orphans:
                quiet.waiting.append(row.pk)
            else:
                yield Item(row, outcome, now)
        quiet.settle(self.counts)

    def _without_account(self, chunk: list[Any]) -> set[int]:
        if self.kind is not CONTACTS or settings.SALESFORCE_ACCOUNTS != "customer":
            return set()
        ids = {row.pk for row in chunk}
        return ids - set(Account.objects.filter(pk__in=ids, sf_id__isnull=False).values_list("pk", flat=True))


def database_now() -> datetime:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


class _Quiet:
    """Rows of one chunk that need no call. What was marked again meanwhile stays due."""

    def __init__(self, kind: Kind, planned_at: datetime) -> None:
        self._rows, self._planned_at = kind.model._default_manager, planned_at
        self.skipped: dict[str, list[int]] = defaultdict(list)
        self.resting: list[int] = []
        self.waiting: list[int] = []

    def settle(self, counts: Counts) -> None:
        for reason, ids in self.skipped.items():
            self._update(ids, state=State.SKIPPED, reason=reason, code="", attempts=0)
        if self.resting:
            self._update(self.resting)
            unsettled = self._rows.filter(pk__in=self.resting).exclude(state__in=(State.SENT, State.CONFLICT))
            unsettled.update(state=State.SENT, reason="", code="", attempts=0)
        if self.waiting:
            self._update(self.waiting, state=State.PENDING, reason=WAITS)
        counts.add(
            skipped=sum(map(len, self.skipped.values())), unchanged=len(self.resting), pending=len(self.waiting)
        )

    def _update(self, ids: list[int], **columns: Any) -> None:
        rows = self._rows.filter(pk__in=ids)
        if columns:
            rows.update(**columns)
        rows.filter(due_at__lte=self._planned_at).update(due_at=None)
