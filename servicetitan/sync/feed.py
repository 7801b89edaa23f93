"""One run of one export feed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections

from servicetitan.client import Client
from servicetitan.entities import Entity
from servicetitan.errors import TokenRefused
from servicetitan.load import ALIAS, Loader
from servicetitan.sync.lease import Lease, LeaseLost
from servicetitan.sync.ledger import Ledger
from servicetitan.sync.merging import PageMerger
from servicetitan.sync.paging import export_pages
from servicetitan.sync.prefetch import Prefetch

OVERLAP = timedelta(days=1)  # when a stored token is refused: read again what changed since a day before it was stored

_CHECKPOINT = """
UPDATE servicetitan.st_sync_cursors
SET continue_from = CASE WHEN %(store)s THEN %(checkpoint)s ELSE continue_from END,
    checkpoint_at = CASE WHEN %(store)s THEN now() ELSE checkpoint_at END
WHERE entity = %(entity)s AND fence = %(fence)s
"""


@dataclass
class FeedRun:
    """Reads a feed from `start` to its end and merges it page by page.

    `start`: continuation token, date, or None for the beginning. `store`: whether the feed's position moves along.
    Without `lease` it is a dry run.
    """

    entity: Entity
    client: Client
    loader: Loader
    ledger: Ledger
    lease: Lease | None
    start: str | None = None
    store: bool = True
    braking: bool = True

    def run(self) -> None:
        """Raises a ServiceTitanError, Braked or LeaseLost; what was merged until then stays, with its checkpoint."""
        self._merger = PageMerger(self.entity, self.loader, self.ledger, self.braking, self._store)
        try:
            self._read_from(self.start)
        except TokenRefused:
            since = self._since_checkpoint()
            if since is None:
                raise
            self._read_from(since)

    def _since_checkpoint(self) -> str | None:
        """A date to start from in place of a stored token that ServiceTitan no longer accepts."""
        if self.lease is None or self.lease.checkpoint_at is None or self.start != self.lease.continue_from:
            return None
        return as_start(self.lease.checkpoint_at - OVERLAP)

    def _read_from(self, start: str | None) -> None:
        source = export_pages(self.client, self.entity, start, self.ledger.stats)
        with Prefetch(source, f"fetch {self.entity.name}") as pages:
            for page in pages:
                self._merger.merge(page.data, page.fetched_with, page.continue_from or page.fetched_with)

    def _store(self, checkpoint: str | None) -> None:
        """Move the position on, and see in the same statement that the feed is still ours."""
        if self.lease is None:
            return
        values = {"store": self.store, "checkpoint": checkpoint, "entity": self.entity.name, "fence": self.lease.fence}
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(_CHECKPOINT, values)
            if cursor.rowcount != 1:
                raise LeaseLost(f"Another run has taken {self.entity.name} over.")


def as_start(moment: datetime) -> str:
    """A moment as `from` takes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
