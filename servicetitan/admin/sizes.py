"""How many records are mirrored, without counting them: PostgreSQL's own estimate."""

from django.db import connections, router

from config.backoffice.positions import few
from config.isolation.names import split
from servicetitan.entities import BY_NAME, ENTITIES
from servicetitan.models import SyncLog

_ESTIMATES = """
SELECT relname, reltuples::bigint FROM pg_class
WHERE relnamespace = 'servicetitan'::regnamespace AND relkind = 'r' AND relname = ANY(%s)
"""


def estimates() -> dict[str, int]:
    """Rows per entity. A table that PostgreSQL has not looked at yet is small, or very new: counted up to a thousand."""
    tables = {split(entity.model._meta.db_table)[1]: entity.name for entity in ENTITIES}
    with connections[router.db_for_read(SyncLog)].cursor() as cursor:
        cursor.execute(_ESTIMATES, [list(tables)])
        found = {tables[table]: rows for table, rows in cursor.fetchall()}
    return {name: rows if rows >= 0 else few(BY_NAME[name].model._default_manager.all())[0] for name, rows in found.items()}


def about(rows: int | None) -> str:
    """ "about 1,240,000": no more digits than an estimate has."""
    if rows is None or rows < 1000:
        return str(rows or "none")
    digits = len(str(rows)) - 3
    return f"about {round(rows, -digits):,}"


def rows_text(entity: str) -> str:
    return about(estimates().get(entity)) if entity in BY_NAME else "none"
