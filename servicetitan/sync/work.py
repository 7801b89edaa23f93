"""What one entity's part of an order is: which run, from where, and what is put right before and after it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connections
from django.utils import timezone

from servicetitan.client import Client
from servicetitan.entities import Entity
from servicetitan.load import ALIAS, Loader
from servicetitan.models import SyncCursor, SyncLog, SyncReject
from servicetitan.sync import rejects
from servicetitan.sync.brake import Blanking
from servicetitan.sync.feed import FeedRun, as_start
from servicetitan.sync.lease import Lease
from servicetitan.sync.ledger import Ledger
from servicetitan.sync.reconcile import ReconcileRun
from servicetitan.sync.reference import ReferenceRun

Mode = SyncLog.Mode


@dataclass
class Work:
    """One entity's part of an order. `since`: a date for the export. Without `lease` it is a dry run."""

    entity: Entity
    client: Client
    ledger: Ledger
    lease: Lease | None
    since: str | None = None
    reject_ids: tuple[int, ...] = ()
    braking: bool = True

    def perform(self) -> None:
        """Raises whatever stops the entity; what was merged until then stays."""
        {
            Mode.INCREMENTAL: self._incremental,
            Mode.FULL: self._full,
            Mode.SINCE: self._since,
            Mode.RECONCILE: self._reconcile,
            Mode.REFERENCE: self._reference,
            Mode.RETRY: self._retry_chosen,
        }[Mode(self.ledger.mode)]()

    def _incremental(self) -> None:
        """From the stored position; the rest of a full read that was interrupted is still a full read."""
        if self.ledger.writes:
            self._retry(rejects.due(self.entity))
        position = self.lease or SyncCursor.objects.filter(entity=self.entity.name).first()
        start = position.continue_from if position else None
        self._feed(start, trust_before=position.full_since if position else None).run()
        self._note_success(whole=True)

    def _full(self) -> None:
        if self.lease is not None:
            self._set("continue_from = NULL, full_since = now()")
        self._feed(None, trust_before=timezone.now()).run()
        self._note_success(whole=True)

    def _since(self) -> None:
        """A second look at what changed since a date. The position stays, unless there is none yet."""
        fresh = self.lease is not None and self.lease.continue_from is None and self.lease.full_since is None
        self._feed(self.since, trust_before=timezone.now(), store=fresh).run()
        self._note_success()

    def _reconcile(self) -> None:
        sweep = ReconcileRun(self.entity, self.client, self.ledger, self.braking)
        sweep.run()
        if sweep.lacks:
            start = as_start(sweep.lacking_since) if sweep.lacking_since else None
            self._feed(start, trust_before=timezone.now(), store=False).run()
        self._note_success()

    def _reference(self) -> None:
        loader = Loader(self.entity, trust_before=timezone.now(), dry_run=not self.ledger.writes)
        ReferenceRun(self.entity, self.client, loader, self.ledger, self._blanking(), self.braking).run()
        self._note_success(whole=True)

    def _retry_chosen(self) -> None:
        self._retry(SyncReject.objects.filter(entity=self.entity.name, pk__in=self.reject_ids))

    def _retry(self, chosen: Iterable[SyncReject]) -> None:
        for merged in rejects.retry(self.entity, chosen, self.client, self.ledger.stats):
            counted = merged if self.ledger.mode == Mode.RETRY else replace(merged, rejects=[], fetched=0)
            self.ledger.advance(replace(self.ledger.tally.with_page(counted), pages=self.ledger.tally.pages))

    def _feed(self, start: str | None, trust_before: datetime | None, *, store: bool = True) -> FeedRun:
        loader = Loader(self.entity, trust_before, dry_run=not self.ledger.writes)
        return FeedRun(self.entity, self.client, loader, self.ledger, self.lease, self._blanking(), start, store)

    def _blanking(self) -> Blanking:
        return Blanking(self.entity, self.lease, braking=self.braking)

    def _note_success(self, *, whole: bool = False) -> None:
        """`whole`: the feed was read to its end from its position, so an unfinished full read is finished now.

        And what the brake had stopped was passed.
        """
        if self.lease is not None:
            self._set("last_success_at = now()" + (f", full_since = NULL, {self._blanking().forget()}" if whole else ""))

    def _set(self, assignments: str) -> None:
        assert self.lease is not None
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(
                f"UPDATE servicetitan.st_sync_cursors SET {assignments} WHERE entity = %s AND fence = %s",
                [self.entity.name, self.lease.fence],
            )
