"""Following ServiceTitan's pages to their end, and noticing when they lead nowhere."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import msgspec

from servicetitan.client import Client, Page, array
from servicetitan.entities import Entity
from servicetitan.errors import BadAnswer, Refused
from servicetitan.http import Stats
from servicetitan.repair import repaired

EMPTY_PAGES = 20  # so many in a row are an oddity, more are an endless list


class Listed(msgspec.Struct):
    """What a sweep needs to know of a record."""

    id: int | None = None
    modifiedOn: str | None = None  # noqa: N815 - the vendor's name
    active: Any = None  # of an export's records alone: a list was asked for the inactive ones, and they are there


def export_pages(client: Client, entity: Entity, start: str | None, stats: Stats) -> Iterator[Page]:
    """Pages of an export from `start` (a token, a date, None for the beginning). An empty page is not the end."""
    token, seen = start, {start}
    while True:
        page = client.export(entity, token, stats)
        yield page
        if not page.has_more:
            return
        if page.continue_from is None:
            raise BadAnswer(f"ServiceTitan says that {entity.name} go on, and not where: continueFrom is empty.")
        if page.continue_from in seen:
            raise BadAnswer(f"ServiceTitan sends the same continuation token of {entity.name} again: stopped.")
        token = page.continue_from
        seen.add(token)


def list_pages(client: Client, entity: Entity, stats: Stats, **only: str) -> Iterator[bytes]:
    """The records of a whole list, or of those that the filters `only` let through, page by page, each a JSON array."""
    number, more, last, empty = 1, True, b"", 0
    while more:
        page = client.listed(entity, number, stats, **only)
        data = array(page.data)
        empty = 0 if data[1:-1].strip() else empty + 1
        if page.hasMore and (empty > EMPTY_PAGES or (data == last and not empty)):
            raise BadAnswer(f"ServiceTitan sends the same page of {entity.name} again and again: stopped.")
        yield data
        number, more, last = number + 1, page.hasMore, data


def sweep_pages(client: Client, entity: Entity, stats: Stats) -> Iterator[list[Listed]]:
    """Every record of an entity: its list, or, where there is no such list, its export from the beginning."""
    pages = list_pages(client, entity, stats)
    try:
        first = next(pages)
    except Refused as error:
        if error.status != 404:
            raise
        yield from (listed(page.data) for page in export_pages(client, entity, None, stats))
        return
    for page in chain([first], pages):
        rows = listed(page)
        for row in rows:
            row.active = None
        yield rows


def listed(page: bytes) -> list[Listed]:
    """Ids and dates out of a page; a record that has none in the form they should have is left out."""
    try:
        return msgspec.json.decode(page, type=list[Listed])
    except msgspec.DecodeError:
        return [row for raw in msgspec.json.decode(repaired(page)[0], type=list[msgspec.Raw]) if (row := _lenient(raw))]


def _lenient(raw: msgspec.Raw) -> Listed | None:
    try:
        return msgspec.json.decode(raw, type=Listed, strict=False)  # "7" is 7
    except msgspec.ValidationError:
        return None
