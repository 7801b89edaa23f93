"""One page, one transaction: rows, changes, rejects, log row, checkpoint, brake. Shared by feeds and reference lists."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connections, transaction

from servicetitan.entities import Entity
from servicetitan.load import ALIAS, REFUSED, Loader, Merged
from servicetitan.sync import brake, rejects
from servicetitan.sync.ledger import Ledger


def nothing_more(checkpoint: str | None) -> None:
    """For runs that have no position to keep."""


@dataclass
class PageMerger:
    """Merges pages of one entity and keeps the books. `store` is called in the transaction to keep the checkpoint."""

    entity: Entity
    loader: Loader
    ledger: Ledger
    braking: bool = True
    store: Callable[[str | None], None] = nothing_more
    _rejected: set[str] = field(default_factory=set)
    _table_sizes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.ledger.writes:
            self._rejected = rejects.open_ids(self.entity)

    def merge(self, page: bytes, fetched_with: str | None, checkpoint: str | None) -> None:
        """Merge a page. Raises Braked, LeaseLost or a database error; nothing of the page stays then."""
        try:
            self._merge(page, fetched_with, checkpoint, self.loader.merge)
        except REFUSED:
            self._merge(page, fetched_with, checkpoint, self.loader.merge_carefully)

    def _merge(
        self, page: bytes, fetched_with: str | None, checkpoint: str | None, load: Callable[[bytes, str | None], Merged]
    ) -> None:
        with transaction.atomic(using=ALIAS):
            merged = load(page, fetched_with)
            after = self.ledger.tally.with_page(merged)
            if self.braking:
                brake.check_blanked(self.entity, after.blanked, self._table_sizes)
            if self.ledger.writes:
                self._keep_rejects(page, merged)
                self.store(checkpoint)
                self.ledger.write(after, checkpoint)
                announce(merged.txid)
        self.ledger.advance(after)

    def _keep_rejects(self, page: bytes, merged: Merged) -> None:
        if self._rejected and (came_back := self._rejected.intersection(rejects.ids_in(page))):
            rejects.resolve(self.entity, list(came_back))
            self._rejected -= came_back
        rejects.save(self.entity, merged.rejects)
        self._rejected |= {reject.record_id for reject in merged.rejects}


def announce(txid: int | None) -> None:
    """Wake the consumers of the change log when the transaction commits."""
    if txid is not None:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("NOTIFY st_changes")
