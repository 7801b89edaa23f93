"""The check of what was loaded, row by row, against what was served."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
from psycopg.types.json import set_json_loads

from tests.benchmarks.cluster import Connection
from tests.benchmarks.records import Record, Versions, versions
from tests.benchmarks.tenant import FEEDS, INITIAL, Tenant

SHOWN = 5
_JSON = msgspec.json.Decoder(float_hook=Decimal)

Expected = Callable[[Record], Any]


@dataclass(frozen=True)
class Table:
    """A table, its key column, and for each other column what a record makes of it. `where`: the rows that count."""

    name: str
    columns: dict[str, Expected]
    where: str = "true"

    @property
    def selected(self) -> str:
        return ", ".join(f'"{name}"' for name in ("id", *self.columns))


@dataclass(frozen=True)
class Checker:
    """Compares row by row once for each state; what has the fingerprint of content that was found right is right too."""

    right: dict[tuple[Tenant, bool], list[tuple[Any, ...]]] = field(default_factory=dict)

    def check(self, connection: Connection, tables: dict[str, Table], tenant: Tenant, state: str) -> list[str]:
        """What is wrong, in words; empty where all is as it was served."""
        set_json_loads(_JSON.decode, connection)
        connection.execute("SET TIME ZONE 'UTC'")
        key = tenant, state == INITIAL
        fingerprints = [_fingerprint(connection, tables[feed]) for feed in FEEDS]
        if self.right.get(key) == fingerprints:
            return []
        found: list[str] = []
        for feed in FEEDS:
            found += _differences(connection, tables[feed], versions(tenant, feed, state))
        if not found:
            self.right[key] = fingerprints
        return found


def _fingerprint(connection: Connection, table: Table) -> tuple[Any, ...]:
    rows = f"SELECT ROW({table.selected})::text AS row FROM {table.name} WHERE {table.where}"
    (found,) = connection.execute(f"SELECT count(*), sum(hashtextextended(row, 0)) FROM ({rows}) AS rows").fetchall()
    return tuple(found)


def _differences(connection: Connection, table: Table, served: Versions) -> list[str]:
    found = list(_count(connection, table, len(served)))
    for records in served.by_page():
        rows = _rows(connection, table, list(records))
        for id, record in records.items():
            if len(found) >= SHOWN:
                return [*found, "... and perhaps more"]
            found += _wrong(table, record, rows.get(id))
    return found


def _count(connection: Connection, table: Table, expected: int) -> Iterator[str]:
    row = connection.execute(f"SELECT count(*), count(DISTINCT id) FROM {table.name} WHERE {table.where}").fetchone()
    assert row is not None
    if row != (expected, expected):
        yield f"{table.name} has {row[0]} rows with {row[1]} ids, {expected} were served"


def _rows(connection: Connection, table: Table, ids: list[int]) -> dict[int, tuple[Any, ...]]:
    found = connection.execute(f"SELECT {table.selected} FROM {table.name} WHERE id = ANY(%s) AND {table.where}", [ids])
    return {row[0]: row[1:] for row in found}


def _wrong(table: Table, record: Record, row: tuple[Any, ...] | None) -> Iterator[str]:
    if row is None:
        yield f"{table.name} lacks {record['id']}"
        return
    for (name, expected), value in zip(table.columns.items(), row, strict=True):
        if value != expected(record):
            yield f"{table.name} {record['id']}: {name} is {value!r:.100}, should be {expected(record)!r:.100}"
