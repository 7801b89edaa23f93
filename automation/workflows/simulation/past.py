"""The mirror as it was at a moment: queries of a block see the records of then in place of those of now.

What a record was follows from what it is and from the event log. The tables' names in a statement are replaced by subqueries that
give the records of then; so the very queries that decide about people today decide about them in the past.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connections

from automation.workflows.entities import ENTITIES, Entity
from automation.workflows.events import ALIAS, undone
from config.feed.reader import ChangeRecord, between
from servicetitan.models import MirroredRecord, mirrored_columns

MOST = 200_000  # changes of one feed that are looked at


class TooMuch(ValueError):
    """More history than a simulation looks at. The message says what to do."""


@dataclass
class _Feed:
    """What changed in it since the beginning: by record, newest first; and what those records are now."""

    entity: Entity
    changes: Mapping[int, Sequence[ChangeRecord]] = field(default_factory=dict)
    raw: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    def record(self, id: int, then: datetime) -> Mapping[str, Any] | None:
        """None: it was not there."""
        found: Mapping[str, Any] = self.raw[id]
        for change in self.changes[id]:
            if change.changed_at <= then:
                break
            if change.kind == "inserted":
                return None
            found = undone(found, change)
        return found


class Past:
    """Of a span that ends now. Loaded once."""

    def __init__(self, since: datetime, now: datetime) -> None:
        self._feeds = [self._load(entity, since, now) for entity in ENTITIES.values()]

    def _load(self, entity: Entity, since: datetime, now: datetime) -> _Feed:
        rows = between(entity.feed, since, now, MOST + 1)
        if len(rows) > MOST:
            raise TooMuch(f"Since then {entity.feed} changed more than {MOST:,} times: take a later beginning.")
        changes: dict[int, list[ChangeRecord]] = defaultdict(list)
        for change in reversed(rows):
            changes[change.record_id].append(change)
        raw = dict(entity.model._default_manager.filter(pk__in=list(changes)).values_list("pk", "raw"))
        return _Feed(entity, {id: part for id, part in changes.items() if id in raw}, raw)

    @contextmanager
    def at(self, then: datetime, about: Mapping[str, Sequence[int]] | None = None) -> Iterator[None]:
        """`about`: by entity, the records that the block asks for, where it asks for few. The records they lead to come along."""
        tables = [self._table(feed, then, self._wanted(feed, then, about)) for feed in self._feeds]

        def instead(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            used = [table for table in tables if table.name in sql]
            for table in used:
                sql = sql.replace(table.name, table.alias)
            if used:
                sql = f"WITH {', '.join(table.sql for table in used)} {sql}"
                params = [value for table in used for value in table.params] + list(params or ())
            return execute(sql, params, many, context)

        with connections[ALIAS].execute_wrapper(instead):
            yield

    def _wanted(self, feed: _Feed, then: datetime, about: Mapping[str, Sequence[int]] | None) -> list[int]:
        if about is None:
            return list(feed.changes)
        wanted = set(about.get(feed.entity.name, ()))
        if feed.entity.name in ("customer", "job"):  # a few records each lead to at most one
            wanted |= self._led_to(feed.entity.name, then, about)
        return [id for id in wanted if id in feed.changes]

    def _led_to(self, name: str, then: datetime, about: Mapping[str, Sequence[int]]) -> set[int]:
        path = f"{name}_id"
        found: set[int] = set()
        for entity, ids in about.items():
            model = ENTITIES[entity].model
            if ids and any(getattr(one, "attname", "") == path for one in model._meta.fields):
                found |= {id for id in model._default_manager.filter(pk__in=ids).values_list(path, flat=True) if id is not None}
        return found

    def _table(self, feed: _Feed, then: datetime, ids: Sequence[int]) -> "_Table":
        records = [record for id in ids if (record := feed.record(id, then)) is not None]
        return _Table.of(feed.entity.model, ids, records, then)


@dataclass(frozen=True)
class _Table:
    """A mirrored table as a subquery. `name` is how statements write it."""

    name: str
    alias: str
    sql: str
    params: Sequence[Any]

    @classmethod
    def of(cls, model: type[MirroredRecord], ids: Sequence[int], records: Sequence[Any], then: datetime) -> "_Table":
        name = model._meta.db_table
        alias = f'"then_{name.rpartition(".")[2].strip(chr(34))}"'
        columns = [str(one.column) for one in model._meta.concrete_fields]
        listed = ", ".join(f'"{column}"' for column in columns)
        made = {column.column: column.lenient_value("x") for column in mirrored_columns(model)}
        made |= {"id": "(x->>'id')::bigint", "raw": "x", "first_seen_at": "%s::timestamptz", "synced_at": "%s::timestamptz"}
        values = ", ".join(made.get(column, _NOTHING.get(column, "NULL")) for column in columns)
        sql = (
            f"{alias} AS (SELECT {listed} FROM {name} WHERE NOT id = ANY(%s::bigint[]) AND first_seen_at <= %s "
            f"UNION ALL SELECT {values} FROM jsonb_array_elements(%s::jsonb) AS e(x))"
        )
        moments = [then for column in columns if column in ("first_seen_at", "synced_at")]
        return cls(name, alias, sql, [list(ids), then, *moments, json.dumps(records, default=_number)])


_NOTHING = {"source_checkpoint": "NULL::text", "missing_since": "NULL::timestamptz", "deleted_at": "NULL::timestamptz"}


def _number(value: Any) -> Any:
    """Digits as they were: a float would lose some."""
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
