"""Typed columns that know where in ServiceTitan's record their value lies.

A column's `source` is the dotted path in the vendor's JSON; from it the loader builds the SQL that fills the column
(`sql_value`). So a model is at once the table and the map from the API to the table: nothing else repeats it.

Every column may be null: "required" in the vendor's specification does not mean present on the wire.
"""

from typing import Any

from django.db import models

# ServiceTitan says "no date" with the first or the last day that .NET knows. What lies outside the two, Python cannot
# read: year 10000, which the last day rounds to, infinity, dates before Christ.
FIRST_DATE, LAST_DATE = "0001-01-02T00:00:00Z", "9999-12-31T00:00:00Z"


class Column(models.Field):
    """Mixin of all mirrored columns. `cast` turns the JSON text into the column's type on the server."""

    cast = ""

    def __init__(self, source: str = "", **options: Any) -> None:
        self.source = source
        options.setdefault("null", True)
        options.setdefault("blank", True)
        super().__init__(**options)

    def text_at(self, record: str) -> str:
        """SQL for the value as text, out of the jsonb expression `record`."""
        *parents, leaf = self.source.split(".")
        path = "".join(f"->'{parent}'" for parent in parents)
        return f"{record}{path}->>'{leaf}'"

    def sql_value(self, record: str) -> str:
        """SQL for the typed value. An empty text is no number, date or flag: it becomes null."""
        return f"NULLIF({self.text_at(record)}, ''){self.cast}"

    def lenient_value(self, record: str) -> str:
        """The same for records that PostgreSQL has refused: slower, and takes more."""
        return self.sql_value(record)


class Text(Column, models.TextField):
    def sql_value(self, record: str) -> str:
        return self.text_at(record)


class Whole(Column, models.BigIntegerField):
    cast = "::bigint"

    def lenient_value(self, record: str) -> str:
        return whole_number(self.text_at(record))


class Flag(Column, models.BooleanField):
    cast = "::boolean"


class Coordinate(Column, models.FloatField):
    cast = "::float8"


class Moment(Column, models.DateTimeField):
    def sql_value(self, record: str) -> str:
        return within_dates(f"NULLIF({self.text_at(record)}, '')::timestamptz")


def within_dates(moment: str) -> str:
    """SQL for a moment, or null where it is none. It evaluates `moment` once: the cast is the dearest part of a row."""
    clamped = f"greatest(least({moment}, timestamptz '{LAST_DATE}'), timestamptz '{FIRST_DATE}')"
    return f"NULLIF(NULLIF({clamped}, timestamptz '{LAST_DATE}'), timestamptz '{FIRST_DATE}')"


def whole_number(text: str) -> str:
    """SQL for an integer that may be written as 12.0; 12.5 is none."""
    return rf"regexp_replace(NULLIF({text}, ''), '\.0+$', '')::bigint"


class Numeric(Column, models.DecimalField):
    """A decimal with as many digits as the vendor sends: they use up to 19 behind the point."""

    cast = "::numeric"

    def __init__(self, source: str = "", **options: Any) -> None:
        options.update(max_digits=None, decimal_places=None)
        super().__init__(source, **options)

    def check(self, **kwargs: Any) -> list[Any]:
        return []  # Django asks for max_digits; PostgreSQL's numeric needs none

    def db_type(self, connection: Any) -> str:
        return "numeric"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if prepared else self.get_prep_value(value)


class Json(Column, models.JSONField):
    def sql_value(self, record: str) -> str:
        *parents, leaf = self.source.split(".")
        return record + "".join(f"->'{part}'" for part in (*parents, leaf))


class Reference(Column, models.ForeignKey):
    """The id of a related record, joined by the ORM and enforced by nobody: a child may arrive before its parent."""

    cast = "::bigint"

    def __init__(self, source: str = "", to: Any = None, **options: Any) -> None:
        options.update(on_delete=models.DO_NOTHING, db_constraint=False)
        options.setdefault("db_index", False)
        super().__init__(source, to=to, **options)

    def lenient_value(self, record: str) -> str:
        return whole_number(self.text_at(record))

    def deconstruct(self) -> Any:
        """With `db_index` said aloud: Django leaves a foreign key's usual one out, and ours is unusual."""
        name, path, arguments, options = super().deconstruct()
        return name, path, arguments, options | {"db_index": self.db_index}  # type: ignore[attr-defined] # the stubs lack it
