"""The short lists that turn ids into names: read whole, merged like a feed."""

from dataclasses import dataclass

from servicetitan.client import Client
from servicetitan.entities import Entity
from servicetitan.load import Loader
from servicetitan.sync.ledger import Ledger
from servicetitan.sync.merging import PageMerger
from servicetitan.sync.paging import list_pages


@dataclass
class ReferenceRun:
    entity: Entity
    client: Client
    loader: Loader
    ledger: Ledger
    braking: bool = True

    def run(self) -> None:
        merger = PageMerger(self.entity, self.loader, self.ledger, self.braking)
        for number, page in enumerate(list_pages(self.client, self.entity, self.ledger.stats), start=1):
            merger.merge(page, f"page {number}", f"page {number}")
