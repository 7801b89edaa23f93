"""Export pages written to files once, so that a benchmark measures the client and not the emulator.

    folder/manifest.json            paths, page counts per state
    folder/customers/000000.json    one answer a file, served as it is

Three states: `initial` (the company as it is), `changed` (behind the final token, a share of the rows
again with changes and a smaller share of new ones) and `unchanged` (behind it, nothing).
"""

import base64
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from config.sandbox import moments
from config.sandbox.http import encode
from servicetitan.sandbox.api.lists import envelope
from servicetitan.sandbox.api.query import Paging
from servicetitan.sandbox.company.company import Company, Row

EXPORTS = {
    "customers": "crm/export/customers",
    "contacts": "crm/export/customers/contacts",
    "locations": "crm/export/locations",
    "jobs": "jpm/export/jobs",
    "appointments": "jpm/export/appointments",
    "estimates": "sales/export/estimates",
    "invoices": "accounting/export/invoices",
}
SHORT_EXPORTS = {
    name: f"settings/export/{name}" for name in ("business-units", "technicians", "employees", "tag-types")
}
SHORT_LISTS = {"job-types": "jpm/job-types"}
MANIFEST = "manifest.json"
# One visible change a record of each entity can undergo, on its facts.
_CHANGES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "customers": lambda record: {"do_not_mail": not record.do_not_mail},
    "contacts": lambda record: {"value": record.value + 1},
    "locations": lambda record: {"active": not record.active},
    "jobs": lambda record: {"status": "Hold" if record.status != "Hold" else "Scheduled"},
    "appointments": lambda record: {"confirmed": not record.confirmed},
    "estimates": lambda record: {"active": not record.active},
    "invoices": lambda record: {"active": not record.active},
}


def write_token(entity: str, page: int) -> str:
    return base64.b64encode(f"recorded|{entity}|{page}".encode()).decode()


def read_token(token: str) -> int | None:
    try:
        mark, _, page = base64.b64decode(token, validate=True).decode().split("|")
        return int(page) if mark == "recorded" else None
    except ValueError:
        return None


def record_pages(
    company: Company, entity: str, page_size: int, folder: Path, *, changed: float = 0.01, new: float = 0.001
) -> dict[str, Any]:
    """Write one entity's pages; returns its entry in the manifest."""
    place = folder / entity
    place.mkdir(parents=True, exist_ok=True)
    initial = _write(place, entity, _pages(_present(company, entity), page_size), 0)
    later = _later(company, entity, changed, new) if entity in EXPORTS else iter(())
    total = _write(place, entity, _pages(later, page_size), initial)
    return {"path": (EXPORTS | SHORT_EXPORTS)[entity], "pages": {"initial": initial, "changed": total}}


def record_company(
    company: Company,
    page_size: int,
    folder: Path,
    entities: Iterable[str] = (*EXPORTS, *SHORT_EXPORTS),
    **shares: float,
) -> dict[str, Any]:
    """Write all entities, the short lists and the manifest."""
    feeds = {entity: record_pages(company, entity, page_size, folder, **shares) for entity in entities}
    for name in SHORT_LISTS:
        rows = company.fixed(name)
        answer = envelope(Paging(1, max(50, len(rows)), False), rows, len(rows))
        (folder / f"{name}.json").write_bytes(answer.body)
    lists = {path: f"{name}.json" for name, path in SHORT_LISTS.items()}
    manifest = {"pageSize": page_size, "counts": company.counts(), "feeds": feeds, "lists": lists}
    (folder / MANIFEST).write_bytes(msgspec.json.format(encode(manifest)))
    return manifest


def _present(company: Company, entity: str) -> Iterator[Row]:
    """Every record in the order of modification."""
    if entity not in EXPORTS:
        yield from sorted(company.fixed(entity), key=lambda row: moments.parse(row["modifiedOn"]) or 0)
        return
    company.now()
    ledger = company.state.ledgers[entity]
    for position in range(ledger.end):
        record = ledger.standing_at(position)
        if record is not None:
            yield company.render(entity, record)


def _later(company: Company, entity: str, changed: float, new: float) -> Iterator[Row]:
    """What an hour changes: spread over the whole company, new records among the changed ones."""
    ledger = company.state.ledgers[entity]
    moment, fresh = company.clock.ticks() + moments.HOUR, ledger.total
    for position in range(ledger.total):
        if not ledger.exists(position):
            continue
        record = ledger.get(position)
        moment += moments.SECOND // 1000
        if _due(position, changed):
            yield company.render(entity, record._replace(modified=moment, **_CHANGES[entity](record)))
        if _due(position, new):
            yield company.render(entity, record._replace(position=fresh, created=moment, modified=moment))
            fresh += 1


def _due(position: int, share: float) -> bool:
    """Every hundredth position for a share of 0.01, and so on."""
    return int((position + 1) * share) > int(position * share)


def _pages(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while page := list(islice(rows, size)):
        yield page


def _write(place: Path, entity: str, pages: Iterator[list[Row]], first: int) -> int:
    """Write pages numbered from `first`; hasMore is false on the last. Returns the number after it."""
    number, waiting = first, next(pages, None)
    while waiting is not None:
        following = next(pages, None)
        answer = {
            "hasMore": following is not None,
            "continueFrom": write_token(entity, number + 1),
            "data": waiting,
        }
        (place / f"{number:06d}.json").write_bytes(encode(answer))
        number, waiting = number + 1, following
    return number
