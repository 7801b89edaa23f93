"""The mirror compared with the vendor's truth, column by column, with conversions written apart from the project's."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connections

from config.sandbox.http import encode
from servicetitan import columns
from servicetitan.entities import Entity
from servicetitan.models import mirrored_columns


def differences(entity: Entity, truth: dict[int, dict[str, Any]], *, ignoring: set[int] = frozenset()) -> list[str]:  # type: ignore[assignment]
    """What differs between the live rows of the mirror and the vendor's records; empty when all is equal."""
    truth = {key: _as_sent(record) for key, record in truth.items()}
    rows = {row.pk: row for row in entity.model._default_manager.filter(deleted_at=None)}
    raws = raw_records(entity)
    wrong = [f"{entity.name} {key} is missing here" for key in truth.keys() - rows.keys() - ignoring]
    wrong += [f"{entity.name} {key} is not at the source" for key in rows.keys() - truth.keys() - ignoring]
    for key in rows.keys() & truth.keys() - ignoring:
        if raws[key] != truth[key]:
            wrong.append(f"{entity.name} {key}: raw differs")
        for column in mirrored_columns(entity.model):
            expected, found = expected_value(column, truth[key]), getattr(rows[key], column.attname)
            if not _same(column, expected, found):
                wrong.append(f"{entity.name} {key}.{column.name}: {found!r}, expected {expected!r}")
    return wrong


def raw_records(entity: Entity) -> dict[int, Any]:
    """The raw records with numbers as they are stored: through Django they would become floats."""
    with connections["default"].cursor() as cursor:
        cursor.execute(f"SELECT id, raw::text FROM {entity.model._meta.db_table}")
        return {key: json.loads(text, parse_float=Decimal) for key, text in cursor.fetchall()}


def _as_sent(record: dict[str, Any]) -> Any:
    return json.loads(encode(record), parse_float=Decimal)


def expected_value(column: columns.Column, record: dict[str, Any]) -> Any:
    value: Any = record
    for part in column.source.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None or isinstance(column, columns.Json):
        return value
    if isinstance(column, columns.Numeric):
        return Decimal(str(value))
    if isinstance(column, columns.Moment):
        return moment(value)
    if isinstance(column, columns.Whole | columns.Reference):
        return int(value)
    return float(value) if isinstance(column, columns.Coordinate) else value


def moment(text: str) -> datetime | None:
    """Seven digits are rounded to microseconds, as PostgreSQL does."""
    if text.startswith("0001-01-01"):
        return None
    whole, _, fraction = text.rstrip("Z").partition(".")
    micros = round(Decimal(f"0.{fraction or 0}") * 1_000_000)
    return datetime.fromisoformat(whole).replace(tzinfo=UTC) + timedelta(microseconds=micros)


def _same(column: columns.Column, expected: Any, found: Any) -> bool:
    if isinstance(column, columns.Numeric) and expected is not None and found is not None:
        return bool(Decimal(expected) == found)
    return bool(expected == found)
