"""Fence 2: every query goes to the connection of the acting unit, and a foreign write is refused with an explanation.

The router cannot see `.using()`, raw SQL or COPY. Those meet the database roles (`database/grants.py`), which are the law.
"""

from typing import Any

from django.db.models import Model

from config.isolation.actor import acting_unit
from config.isolation.errors import IsolationViolation
from config.isolation.manifest import OWNER_ALIAS, Unit, owner_of
from config.isolation.names import split


class UnitRouter:
    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return acting_unit().alias

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        unit = acting_unit()
        schema, table = split(model._meta.db_table)
        if not unit.writes(schema, table):
            raise IsolationViolation(explain(unit, schema, table))
        return unit.alias

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """Rows are linked over fences by external ids; a relation between objects stays inside one schema."""
        return split(one._meta.db_table)[0] == split(other._meta.db_table)[0]

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == OWNER_ALIAS


def explain(unit: Unit, schema: str, table: str) -> str:
    """The sentence a developer needs at the moment of a refused write."""
    owner = owner_of(schema, table)
    whose = f"belongs to '{owner.name}' ({owner.purpose})" if owner else "belongs to nobody in the manifest"
    return (
        f"'{unit.name}' ({unit.purpose}) tried to write {schema}.{table}, which {whose}. "
        f"A unit writes only its own tables: {_own_tables(unit)}. {_instead(unit, owner)}"
    )


def _own_tables(unit: Unit) -> str:
    if unit.schema is None:
        return "it has none"
    return ", ".join(f"{unit.schema}.{pattern}" for pattern in unit.tables)


def _instead(unit: Unit, owner: Unit | None) -> str:
    if owner is None:
        return "Give the table an owner in config/isolation/manifest.py, then run `manage.py isolation apply`."
    if unit.name == "backoffice":
        return (
            f"From the admin, send a task to the queue of '{owner.name}'; in a script that belongs to it, "
            f"use `with acting_as('{owner.name}')`."
        )
    return f"Store what you need in your own schema, linked by the external id; code of '{owner.name}' changes its rows."
