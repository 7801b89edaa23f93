"""Whose code a file is, and what that code may reach: read from the manifest."""

from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from config.isolation.manifest import BY_NAME, OWNER_ALIAS, UNITS, Unit, owner_of

OURS = ("config", *dict.fromkeys(unit.code.partition("/")[0] for unit in UNITS))
FRAMEWORK = ("django.contrib.", "django_celery_beat.", "axes.")  # their tables are the back office's


@dataclass(frozen=True)
class Compartment:
    """The unit, or the units, that a folder's code belongs to: `integrations/migrations` serves all of its vendors."""

    name: str
    units: tuple[Unit, ...]

    @property
    def schemas(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(unit.schema for unit in self.units if unit.schema))

    def may_write(self, schema: str, table: str | None, *, insert: bool = False) -> bool:
        """Whether its units may change `schema`.`table`. `table` None: some table of the schema, nobody can tell which."""
        if table is None:
            elsewhere = (name.partition(".")[0] for unit in self.units for name in (*unit.peoples_tables, *unit.inboxes))
            return schema in self.schemas or schema in elsewhere
        inbox = insert and any(f"{schema}.{table}" in unit.inboxes for unit in self.units)
        return inbox or any(unit.writes(schema, table) for unit in self.units)

    def is_unit(self, name: str) -> bool:
        return any(unit.name == name for unit in self.units)


@cache
def of_folder(folder: PurePosixPath) -> Compartment:
    """The compartment of the files in `folder`, given from the project's root."""
    best = max((u for u in UNITS if folder.is_relative_to(u.code)), key=lambda u: len(u.code), default=None)
    if best:
        return Compartment(best.name, (best,))
    top = folder.parts[0] if folder.parts else ""
    shared = tuple(unit for unit in UNITS if unit.code.startswith(f"{top}/"))
    if shared and top != "config":
        return Compartment(top if len(shared) > 1 else shared[0].name, shared)
    return Compartment("backoffice", (BY_NAME["backoffice"],))  # as `config.isolation.actor`: whoever forgets to say


def of_module(dotted: str) -> Compartment | None:
    """The compartment of a module of ours, or of a framework that brings tables; None for any other."""
    if dotted.startswith(FRAMEWORK):
        return of_folder(PurePosixPath("config/backoffice"))
    return of_folder(PurePosixPath(*dotted.split("."))) if dotted.partition(".")[0] in OURS else None


def alias_owner(alias: str) -> str | None:
    """The unit, or "owner", that logs in behind a Django connection; None for a name that is no connection of ours."""
    if alias == OWNER_ALIAS:
        return OWNER_ALIAS
    return next((unit.name for unit in UNITS if unit.alias == alias), None)


def whose(schema: str, table: str | None) -> str:
    """For a sentence: who owns a table."""
    if table is None:
        owners = [unit.name for unit in UNITS if unit.schema == schema]
        owner = BY_NAME[owners[0]] if len(owners) == 1 else None
    else:
        owner = owner_of(schema, table)
    return f"belongs to '{owner.name}'" if owner else "belongs to no unit of the manifest"
