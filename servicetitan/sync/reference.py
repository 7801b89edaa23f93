"""The short lists that turn ids into names: read whole, merged like a feed, and what is gone from them marked."""

from array import array
from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone

from servicetitan.client import Client
from servicetitan.entities import Entity
from servicetitan.load import Loader
from servicetitan.sync.brake import Blanking
from servicetitan.sync.contested import Contested
from servicetitan.sync.gone import Vanished, raw
from servicetitan.sync.ledger import Ledger
from servicetitan.sync.merging import PageMerger
from servicetitan.sync.paging import list_pages, listed


@dataclass
class ReferenceRun:
    entity: Entity
    client: Client
    loader: Loader
    ledger: Ledger
    blanking: Blanking
    braking: bool = True

    def run(self) -> None:
        started = timezone.now()
        contested = Contested(self.entity, self.client, self.ledger.stats)
        merger = PageMerger(self.entity, self.loader, self.ledger, contested, self.blanking)
        vanished = Vanished(self.entity, self.ledger, self._read, self.braking)
        found = array("q")
        for number, page in enumerate(list_pages(self.client, self.entity, self.ledger.stats), start=1):
            merger.merge(page, f"page {number}", f"page {number}")
            found.extend(ids := [row.id for row in listed(page) if row.id is not None])
            vanished.restore(ids)
        vanished.settle(found, started)

    def _read(self, record_id: int) -> bytes | None:
        if self.entity.lists_ids:
            return self.client.read(self.entity, record_id, self.ledger.stats)
        return raw(self.entity, record_id) if record_id in self._second_reading else None

    @cached_property
    def _second_reading(self) -> set[int | None]:
        """The ids of the list, read once more: where no record can be asked for, two lists in a row must lack it."""
        return {row.id for page in list_pages(self.client, self.entity, self.ledger.stats) for row in listed(page)}
