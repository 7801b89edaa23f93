"""What a mirrored row should hold, worked out in Python from the record and the model's map, without the project's SQL."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from servicetitan import columns
from servicetitan.models import MirroredRecord, mirrored_columns
from tests.benchmarks.content import Expected, Table
from tests.benchmarks.moments import moment
from tests.benchmarks.records import Record


def mirror_table(model: type[MirroredRecord]) -> Table:
    typed: dict[str, Expected] = {str(column.column): _expected(column) for column in mirrored_columns(model)}
    return Table(model._meta.db_table, {"raw": lambda record: record, **typed}, where="deleted_at IS NULL")


def _expected(column: columns.Column) -> Expected:
    *parents, leaf = column.source.split(".")
    convert = _CONVERTERS[type(column)]
    empty_is_null = not isinstance(column, columns.Text | columns.Json)

    def value(record: Record) -> Any:
        inner: Any = record
        for parent in parents:
            inner = inner.get(parent) or {}
        found = inner.get(leaf)
        return None if found is None or (empty_is_null and found == "") else convert(found)

    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _flag(value: Any) -> bool:
    return value if isinstance(value, bool) else {"true": True, "false": False}[value]


def _moment(value: str) -> datetime | None:
    return None if value.startswith("0001-01-01") else moment(value)


_CONVERTERS: dict[type[columns.Column], Callable[[Any], Any]] = {
    columns.Text: _text,
    columns.Whole: int,
    columns.Reference: int,
    columns.Flag: _flag,
    columns.Coordinate: float,
    columns.Moment: _moment,
    columns.Numeric: lambda value: Decimal(str(value)),
    columns.Json: lambda value: value,
}
