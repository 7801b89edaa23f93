"""The figures behind the first page, in a handful of queries that never count a big table."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Sum

from config.backoffice.positions import first_at
from servicetitan.admin import sizes
from servicetitan.entities import ENTITIES
from servicetitan.models import SyncCursor, SyncLog, SyncReject

STRIP = 60
DAY = timedelta(hours=24)
SLACK = timedelta(minutes=5)

# One part a feed, each with its own name in it: a join over the names reads half the log for a feed that ran rarely.
_STRIP = """
(SELECT id, entity, state, mode, started_at, finished_at, fetched, inserted, updated, deleted, rejected, worker,
        left(error, 300) AS error
 FROM servicetitan.st_sync_log WHERE entity = %s ORDER BY id DESC LIMIT %s)
"""


@dataclass(frozen=True)
class Readings:
    """`runs` are each entity's latest, newest first."""

    cursors: dict[str, SyncCursor]
    runs: dict[str, list[SyncLog]]
    day: dict[str, dict[str, int]]
    rejects: dict[str, int]
    rows: dict[str, int]

    @property
    def ever_run(self) -> bool:
        return any(self.runs.values())


def read(now: datetime) -> Readings:
    return Readings(
        cursors={cursor.entity: cursor for cursor in SyncCursor.objects.all()},
        runs=_runs(),
        day=_last_day(now),
        rejects=_rejects(),
        rows=sizes.estimates(),
    )


def _runs() -> dict[str, list[SyncLog]]:
    found: dict[str, list[SyncLog]] = defaultdict(list)
    statement = "UNION ALL".join([_STRIP] * len(ENTITIES))
    for run in SyncLog.objects.raw(statement, [value for entity in ENTITIES for value in (entity.name, STRIP)]):
        found[run.entity].append(run)
    return found


def _last_day(now: datetime) -> dict[str, dict[str, int]]:
    since = now - DAY
    first = first_at(SyncLog, "id", "started_at", since - SLACK)
    runs: Any = SyncLog.objects.filter(pk__gte=first, started_at__gte=since).values("entity")
    sums = runs.annotate(read=Sum("fetched"), changed=Sum(F("inserted") + F("updated") + F("deleted")))
    return {row["entity"]: row for row in sums.order_by()}


def _rejects() -> dict[str, int]:
    rows: Any = SyncReject.objects.filter(state=SyncReject.State.OPEN).values("entity").annotate(count=Count("pk"))
    return {row["entity"]: row["count"] for row in rows.order_by()}
