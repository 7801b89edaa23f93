"""Finding places in big logs that have no index on time: their keys grow with time, so a few probes are enough."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connections, router
from django.db.models import Model, QuerySet

WINDOW = 20_000  # records, with all their columns
LOG_WINDOW = 200_000  # narrow rows of a log
REMEMBERED_S = 60
RUNS_SLACK = timedelta(minutes=5)  # runs that start together get their numbers in any order

Narrow = Callable[[QuerySet[Any], datetime | None, datetime | None], QuerySet[Any]]

# Halves [lo, hi) until it is the first key at or after the moment. Keys may have gaps.
_FIRST_AT = """
WITH RECURSIVE search(step, lo, hi) AS (
    SELECT 0, (SELECT {key} FROM {table} ORDER BY {key} LIMIT 1), (SELECT {key} + 1 FROM {table} ORDER BY {key} DESC LIMIT 1)
    UNION ALL
    SELECT step + 1, CASE WHEN early THEN found + 1 ELSE lo END, CASE WHEN early THEN hi ELSE mid END
    FROM (SELECT s.step, s.lo, s.hi, s.mid, row.found, coalesce(row.moment < %(moment)s, false) AS early
          FROM (SELECT *, lo + (hi - lo) / 2 AS mid FROM search WHERE lo < hi) s
          LEFT JOIN LATERAL (SELECT {key} AS found, {moment} AS moment FROM {table} WHERE {key} >= s.mid
                             ORDER BY {key} LIMIT 1) row ON true) probe
)
SELECT lo FROM search ORDER BY step DESC LIMIT 1
"""


def first_at(model: type[Model], key: str, moment_column: str, moment: datetime) -> int:
    """The smallest `key` whose row is not older than `moment`; one past the last where all are older, 0 in an empty table."""
    statement = _FIRST_AT.format(table=model._meta.db_table, key=key, moment=moment_column)
    with connections[router.db_for_read(model)].cursor() as cursor:
        cursor.execute(statement, {"moment": moment})
        return int(cursor.fetchone()[0] or 0)


def within(moment: str, *, key: str = "id", slack: timedelta = RUNS_SLACK) -> Narrow:
    """For `filters.days`: by the key, which has an index; the exact time then decides. `slack`: as far as their orders differ."""

    def narrow(rows: QuerySet[Any], start: datetime | None, end: datetime | None) -> QuerySet[Any]:
        if start:
            rows = rows.filter(**{f"{key}__gte": first_at(rows.model, key, moment, start - slack), f"{moment}__gte": start})
        if end:
            rows = rows.filter(**{f"{key}__lt": first_at(rows.model, key, moment, end + slack), f"{moment}__lt": end})
        return rows

    return narrow


def window_start(newest_first: QuerySet[Any, Any], key: str, rows: int = WINDOW) -> int:
    """The key `rows` below the top of the table, or 0 where the table is not that long.

    A filter without an index looks only from there on: over the whole table a rare value would cost a full scan.
    """
    name = f"window:{newest_first.model._meta.label}:{rows}"
    start: int | None = cache.get(name)
    if start is None:
        start = next(iter(newest_first.values_list(key, flat=True)[rows : rows + 1]), 0)
        cache.set(name, start, REMEMBERED_S)
    return start


def few(rows: QuerySet[Any, Any], most: int = 1000) -> tuple[int, str]:
    """How many rows there are, counted up to `most`, and how to write it."""
    count = rows.order_by()[: most + 1].count()
    return count, f"{most:,}+" if count > most else f"{count:,}"
