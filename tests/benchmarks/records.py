"""What was served: the last version of each record, read again from the pages, one page at a time."""

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from tests.benchmarks.moments import moment
from tests.benchmarks.tenant import FEEDS, Tenant

Record = dict[str, Any]


class Stamp(msgspec.Struct):
    id: int
    modifiedOn: str | None = None  # noqa: N815 - the vendor's name


class Stamps(msgspec.Struct):
    data: list[Stamp]


class Page(msgspec.Struct):
    data: list[Record]


_STAMPS = msgspec.json.Decoder(Stamps)
_PAGE = msgspec.json.Decoder(Page, float_hook=Decimal)  # every digit counts


class Versions:
    """For each record of a feed, on which page and where there its last version stands. The records stay in their files."""

    def __init__(self, pages: list[Path]) -> None:
        self._pages = pages
        self.place: dict[int, tuple[int, int]] = {}
        stamps: dict[int, str | None] = {}
        for number, page in enumerate(self._pages):
            for position, stamp in enumerate(_STAMPS.decode(page.read_bytes()).data):
                if stamp.id not in stamps or not _older(stamp.modifiedOn, stamps[stamp.id]):
                    stamps[stamp.id] = stamp.modifiedOn
                    self.place[stamp.id] = (number, position)

    def __len__(self) -> int:
        return len(self.place)

    def by_page(self) -> Iterator[dict[int, Record]]:
        """The last versions that each page holds, by id."""
        for number, page in enumerate(self._pages):
            records = enumerate(_records(page))
            yield {record["id"]: record for position, record in records if self.place[record["id"]] == (number, position)}


@lru_cache(maxsize=3 * len(FEEDS))
def versions(tenant: Tenant, feed: str, state: str) -> Versions:
    return Versions(tenant.pages(feed, state))


def served(tenant: Tenant, feed: str, state: str) -> int:
    """How many records were sent, each as often as it was."""
    return sum(len(_STAMPS.decode(page.read_bytes()).data) for page in tenant.pages(feed, state))


def _records(page: Path) -> list[Record]:
    return _PAGE.decode(page.read_bytes()).data


def _older(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and moment(one) < moment(other)
