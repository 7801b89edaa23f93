"""The short lists that turn ids into names: read whole, merged like a feed, and what is gone from them marked."""

from array import array
from dataclasses import dataclass
from functools import cached_property

import msgspec
from django.utils import timezone

from servicetitan.client import Client
from servicetitan.entities import Entity
from servicetitan.errors import Unclear
from servicetitan.load import Loader
from servicetitan.repair import repaired
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
        ids, nameless = self._second_reading
        if record_id in ids:
            return raw(self.entity, record_id)
        if nameless:
            raise Unclear(f"ServiceTitan lists {nameless} {self.entity.name} without an id: {record_id} may be one of them.")
        return None

    @cached_property
    def _second_reading(self) -> tuple[set[int], int]:
        """(ids of the list read once more, how many records have none): where no record can be asked for by its id, two
        lists in a row must lack it."""
        ids, records = set(), 0
        for page in list_pages(self.client, self.entity, self.ledger.stats):
            records += len(msgspec.json.decode(repaired(page)[0], type=list[msgspec.Raw]))
            ids |= {row.id for row in listed(page) if row.id is not None}
        return ids, records - len(ids)
