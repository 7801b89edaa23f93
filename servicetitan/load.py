"""Loading a page into the mirror, with a careful way for pages that PostgreSQL refuses.

One bad value makes a statement fail as a whole. Then the page is repaired where it holds what PostgreSQL cannot store,
and halved until the bad records stand alone; they are handed back as rejects, with the reason, and all others load.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
import psycopg
from django.db import connections, transaction
from psycopg.adapt import Dumper

from config.isolation.manifest import BY_NAME
from servicetitan.entities import Entity
from servicetitan.merge import compare_statement, identity, merge_statement, value
from servicetitan.models import mirrored_columns
from servicetitan.repair import repaired

ALIAS = BY_NAME["servicetitan"].alias
REFUSED = (psycopg.DataError, psycopg.errors.ProgramLimitExceeded)  # the latter: a value too long for an index


class Document(bytes):
    """JSON on its way to PostgreSQL as it came: never a Python string, which would copy it twice."""


class DocumentDumper(Dumper):
    oid = psycopg.postgres.types["jsonb"].oid

    def dump(self, obj: bytes) -> bytes:
        return obj


def server_cursor() -> "psycopg.Cursor[Any]":
    """A cursor that binds on the server: Django's would write a page into the text of its statement."""
    cursor = psycopg.Cursor(connections[ALIAS].connection)
    cursor.adapters.register_dumper(Document, DocumentDumper)
    return cursor


@dataclass(frozen=True)
class Reject:
    """A record that does not load. `record_id` is a fingerprint where the record has no usable id."""

    record_id: str
    reason: str
    payload: str


@dataclass
class Merged:
    """What became of a page.

    `blanked`: per field, in how many records a value gave way to nothing. `contested`: ids of which the page has an older
    version than the mirror, which may be the one that is wrong; nothing of them was written.
    """

    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    deactivated: int = 0
    blanked: dict[str, int] = field(default_factory=dict)
    txid: int | None = None
    repaired: int = 0
    rejects: list[Reject] = field(default_factory=list)
    contested: list[int] = field(default_factory=list)

    def add(self, other: "Merged") -> None:
        self.fetched += other.fetched
        self.inserted += other.inserted
        self.updated += other.updated
        self.deactivated += other.deactivated
        self.repaired += other.repaired
        self.rejects += other.rejects
        self.contested += other.contested
        self.txid = other.txid if other.txid is not None else self.txid
        for name, count in other.blanked.items():
            self.blanked[name] = self.blanked.get(name, 0) + count


@dataclass(frozen=True)
class Loader:
    """Loads pages of one entity. `trust_before`: rows last written before it may give way even to an older version."""

    entity: Entity
    trust_before: datetime | None = None
    dry_run: bool = False

    def merge(
        self, page: bytes, checkpoint: str | None, overruled: Sequence[int] = (), *, lenient: bool = False
    ) -> Merged:
        """Merge a page inside the caller's transaction. Raises one of REFUSED where PostgreSQL refuses it.

        `overruled`: ids of contested rows that do give way.
        """
        statement = (compare_statement if self.dry_run else merge_statement)(self.entity, lenient=lenient)
        parameters = {
            "page": Document(page),
            "checkpoint": checkpoint,
            "trust_before": self.trust_before or "-infinity",
            "overruled": list(overruled),
        }
        with server_cursor() as cursor:
            row = cursor.execute(statement, parameters).fetchone()
        assert row is not None
        fetched, loadable, inserted, updated, deactivated, contested, blanked, txid = row
        merged = Merged(fetched, inserted, updated, deactivated, msgspec.json.decode(blanked or "{}"), txid)
        merged.contested += contested or []
        if loadable < fetched:
            merged.rejects += [_reject(raw, "The record has no id.") for raw in _records(page) if not _has_id(raw)]
        return merged

    def merge_carefully(self, page: bytes, checkpoint: str | None, overruled: Sequence[int] = ()) -> Merged:
        """As `merge`, for a page that was refused: what can be loaded is, the rest comes back as rejects."""
        clean, changes = repaired(page)
        merged = Merged(repaired=changes)
        for part in self._parts(_records(clean), checkpoint, overruled):
            merged.add(part)
        return merged

    def _parts(self, records: list[bytes], checkpoint: str | None, overruled: Sequence[int]) -> Iterator[Merged]:
        try:
            with transaction.atomic(using=ALIAS):
                part = self.merge(b"[" + b",".join(records) + b"]", checkpoint, overruled, lenient=True)
        except REFUSED as error:
            if len(records) == 1:
                yield Merged(fetched=1, rejects=[_reject(records[0], self._why(records[0], error))])
                return
        else:
            yield part
            return
        middle = len(records) // 2
        yield from self._parts(records[:middle], checkpoint, overruled)
        yield from self._parts(records[middle:], checkpoint, overruled)

    def _why(self, record: bytes, error: Exception) -> str:
        """Which field it was: PostgreSQL names the value, and not where it stood."""
        for source, expression in _castings(self.entity):
            try:
                with transaction.atomic(using=ALIAS), server_cursor() as cursor:
                    cursor.execute(f"SELECT {expression} FROM (SELECT %(x)s::jsonb) AS record(x)", {"x": Document(record)})
            except REFUSED as found:
                return f"Field {source}: {_sentence(found)}"
        return _sentence(error)


def _castings(entity: Entity) -> Iterator[tuple[str, str]]:
    yield "id", identity(lenient=True)
    for column in mirrored_columns(entity.model):
        yield column.source, value(column, lenient=True)


def _sentence(error: Exception) -> str:
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return (said or str(error)).strip()


def _records(page: bytes) -> list[bytes]:
    return [bytes(raw) for raw in msgspec.json.decode(page, type=list[msgspec.Raw])]


def _identity(record: bytes) -> Any:
    decoded = msgspec.json.decode(record)
    return decoded.get("id") if isinstance(decoded, dict) else None


def _has_id(record: bytes) -> bool:
    identity = _identity(record)
    return isinstance(identity, int | float | str) and not isinstance(identity, bool)


def _reject(record: bytes, reason: str) -> Reject:
    identity = _identity(record) if _has_id(record) else None
    name = str(identity)[:200] if identity is not None else f"without id, {sha256(record).hexdigest()[:16]}"
    return Reject(name, reason, record.decode(errors="replace"))
