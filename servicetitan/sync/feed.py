"""One run of one export feed."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connections

from config.jobs.lease import LeaseLost
from servicetitan.client import Client, Page
from servicetitan.entities import Entity
from servicetitan.errors import TokenRefused
from servicetitan.load import ALIAS, Loader
from servicetitan.sync.brake import Blanking
from servicetitan.sync.contested import Contested
from servicetitan.sync.lease import Lease
from servicetitan.sync.ledger import Ledger
from servicetitan.sync.merging import PageMerger
from servicetitan.sync.paging import export_pages
from servicetitan.sync.prefetch import Prefetch

log = logging.getLogger(__name__)

OVERLAP = timedelta(days=1)  # when a stored token is refused: read again from a day before the feed was last complete

_CHECKPOINT = """
UPDATE servicetitan.st_sync_cursors
SET continue_from = CASE WHEN %(store)s THEN %(checkpoint)s ELSE continue_from END,
    checkpoint_at = CASE WHEN %(store)s THEN now() ELSE checkpoint_at END,
    caught_up_at = CASE WHEN %(store)s THEN coalesce(%(caught_up_at)s, caught_up_at) ELSE caught_up_at END
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
    blanking: Blanking
    start: str | None = None
    store: bool = True
    _page: Page | None = field(default=None, init=False)

    def run(self) -> None:
        """Raises a ServiceTitanError, Braked or LeaseLost; what was merged until then stays, with its checkpoint."""
        contested = Contested(self.entity, self.client, self.ledger.stats)
        self._merger = PageMerger(self.entity, self.loader, self.ledger, contested, self.blanking, self._store)
        try:
            self._read_from(self.start)
        except TokenRefused as error:
            if not self._was_the_stored_token():
                raise
            log.warning("%s The feed is read again from %s.", error, self._complete_until() or "its beginning")
            self._read_from(self._complete_until())

    def _was_the_stored_token(self) -> bool:
        """And not one that ServiceTitan gave a moment ago, which the next run will try again."""
        return self.lease is not None and self.start == self.lease.continue_from and self._page is None

    def _complete_until(self) -> str | None:
        """Where to read from when the position is lost: a date, or None for the beginning.

        When the token was stored says nothing: an unfinished read may have stood years before. A full read that is not
        finished has no such moment, since it puts right what is older than any.
        """
        if self.lease is None or self.lease.full_since or self.lease.caught_up_at is None:
            return None
        return as_start(self.lease.caught_up_at - OVERLAP)

    def _read_from(self, start: str | None) -> None:
        source = export_pages(self.client, self.entity, start, self.ledger.stats)
        with Prefetch(source, f"fetch {self.entity.name}") as pages:
            for page in pages:
                self._page = page
                self._merger.merge(page.data, page.fetched_with, page.continue_from or page.fetched_with)

    def _store(self, checkpoint: str | None) -> None:
        """Move the position on, and see in the same statement that the feed is still ours."""
        if self.lease is None:
            return
        end = None if self._page is None or self._page.has_more else self._page.asked_at
        values = {
            "store": self.store, "checkpoint": checkpoint, "caught_up_at": end,
            "entity": self.entity.name, "fence": self.lease.fence,
        }  # fmt: skip
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(_CHECKPOINT, values)
            if cursor.rowcount != 1:
                raise LeaseLost(f"Another run has taken {self.entity.name} over.")


def as_start(moment: datetime) -> str:
    """A moment of UTC as `from` takes it."""
    return moment.replace(tzinfo=None, microsecond=0).isoformat() + "Z"  # strftime writes year 1 with one digit
