"""One page, one transaction: rows, changes, rejects, log row, checkpoint, brake. Shared by feeds and reference lists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import connections, transaction

from servicetitan.entities import Entity
from servicetitan.load import ALIAS, REFUSED, Loader, Merged
from servicetitan.sync import rejects
from servicetitan.sync.brake import Blanking, Braked
from servicetitan.sync.contested import Contested, OlderVersions
from servicetitan.sync.ledger import Ledger

Load = Callable[[bytes, str | None, Sequence[int]], Merged]


def nothing_more(checkpoint: str | None) -> None:
    """For runs that have no position to keep."""


@dataclass(frozen=True)
class Fetched:
    """A page, what brought it, and the position behind it."""

    data: bytes
    fetched_with: str | None
    checkpoint: str | None


@dataclass
class PageMerger:
    """Merges pages of one entity and keeps the books. `store` is called in the transaction to keep the checkpoint."""

    entity: Entity
    loader: Loader
    ledger: Ledger
    contested: Contested
    blanking: Blanking
    store: Callable[[str | None], None] = nothing_more
    _rejected: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.ledger.writes:
            self._rejected = rejects.open_ids(self.entity)

    def merge(self, data: bytes, fetched_with: str | None, checkpoint: str | None) -> None:
        """Merge a page. Raises Braked, LeaseLost or a database error; nothing of the page stays then."""
        page = Fetched(data, fetched_with, checkpoint)
        try:
            self._merge_asking(page)
        except Braked as braked:
            self.blanking.remember(braked)
            raise

    def _merge_asking(self, page: Fetched) -> None:
        try:
            self._merge_somehow(page)
        except OlderVersions as older:  # rare, and asked outside of a transaction: the answer takes its time
            self._merge_somehow(page, self.contested.to_overrule(older.ids))

    def _merge_somehow(self, page: Fetched, overruled: Sequence[int] | None = None) -> None:
        try:
            self._merge(page, overruled, self.loader.merge)
        except REFUSED:
            self._merge(page, overruled, self.loader.merge_carefully)

    def _merge(self, page: Fetched, overruled: Sequence[int] | None, load: Load) -> None:
        with transaction.atomic(using=ALIAS):
            merged = load(page.data, page.fetched_with, overruled or ())
            if merged.contested and overruled is None:
                raise OlderVersions(merged.contested)
            after = self.ledger.tally.with_page(merged)
            self.blanking.check(merged.blanked)
            if self.ledger.writes:
                self._keep_rejects(page.data, merged)
                self.store(page.checkpoint)
                self.blanking.keep(merged.blanked)
                self.ledger.write(after, page.checkpoint)
                announce(merged.txid)
        self.blanking.add(merged.blanked)
        self.ledger.advance(after)

    def _keep_rejects(self, page: bytes, merged: Merged) -> None:
        again = {reject.record_id for reject in merged.rejects}
        if self._rejected and (loaded := self._rejected.intersection(rejects.ids_in(page)) - again):
            rejects.resolve(self.entity, list(loaded))
            self._rejected -= loaded
        rejects.save(self.entity, merged.rejects)
        self._rejected |= again


def announce(txid: int | None) -> None:
    """Wake the consumers of the change log when the transaction commits.

    A transaction that notifies holds a lock of the whole database until its commit is on disk, so the feeds would wait for
    each other's disk writes. They need not: rows, changes and position are lost together where the server crashes right
    now, and are read again; and a consumer's own commit brings everything before it to disk.
    """
    if txid is not None:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off; NOTIFY st_changes")
