"""Typed columns that know where in ServiceTitan's record their value lies.

A column's `source` is the dotted path in the vendor's JSON; from it the loader builds the SQL that fills the column
(`sql_value`). So a model is at once the table and the map from the API to the table: nothing else repeats it.

Every column may be null: "required" in the vendor's specification does not mean present on the wire.
"""

from typing import Any

from django.db import models

NO_DATE = "0001-01-01"  # ServiceTitan's way to say "no date"


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


class Text(Column, models.TextField):
    def sql_value(self, record: str) -> str:
        return self.text_at(record)


class Whole(Column, models.BigIntegerField):
    cast = "::bigint"


class Flag(Column, models.BooleanField):
    cast = "::boolean"


class Coordinate(Column, models.FloatField):
    cast = "::float8"


class Moment(Column, models.DateTimeField):
    def sql_value(self, record: str) -> str:
        text = self.text_at(record)
        return f"CASE WHEN {text} NOT LIKE '{NO_DATE}%%' THEN NULLIF({text}, '')::timestamptz END"


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

    def deconstruct(self) -> Any:
        """With `db_index` said aloud: Django leaves a foreign key's usual one out, and ours is unusual."""
        name, path, arguments, options = super().deconstruct()
        return name, path, arguments, options | {"db_index": self.db_index}  # type: ignore[attr-defined] # the stubs lack it
