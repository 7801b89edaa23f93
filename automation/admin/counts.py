"""How many are where: each by one query that ends after so many rows, however long the tables are."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connections
from django.utils import timezone

from automation.workflows.models import Event, Run
from config.backoffice import show
from config.backoffice.positions import LOG_WINDOW, WINDOW, few, window_start
from config.isolation.actor import acting_unit

COUNTED = WINDOW
DAYS = 14
MOST = 999
SOON_S, LATER_S = 10, 60  # for how long a figure is remembered

_INSIDE = """
SELECT workflow_id, version_id, step, count(*), count(*) FILTER (WHERE due_at <= %(now)s)
FROM automation.workflow_definitions AS w CROSS JOIN LATERAL (
    SELECT workflow_id, version_id, step, due_at FROM automation.workflow_runs WHERE workflow_id = w.id AND state = 'active'
    ORDER BY due_at, id LIMIT %(most)s) AS inside
GROUP BY workflow_id, version_id, step
"""
_LAST = """
SELECT workflow_id, max(started_at)
FROM (SELECT workflow_id, started_at FROM automation.workflow_runs ORDER BY id DESC LIMIT %(most)s) AS newest
GROUP BY workflow_id
"""
_DAYS = """
SELECT workflow_id, (at AT TIME ZONE %(zone)s)::date, what, count(*)
FROM (SELECT workflow_id, at, what FROM automation.workflow_trace ORDER BY id DESC LIMIT %(most)s) AS newest
WHERE at >= %(since)s GROUP BY 1, 2, 3
"""
_REACH = "SELECT at FROM automation.workflow_trace ORDER BY id DESC OFFSET %(most)s LIMIT 1"


@dataclass
class Inside:
    """Who is inside, by (workflow, version, step), and how many of them are due. `cut`: there are more than were counted."""

    rows: dict[tuple[int, int, int], int] = field(default_factory=dict)
    due: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    cut: bool = False

    def of(self, workflow_id: int) -> int:
        return sum(count for key, count in self.rows.items() if key[0] == workflow_id)

    def of_version(self, version_id: int) -> int:
        return sum(count for key, count in self.rows.items() if key[1] == version_id)

    def at_step(self, version_id: int, step: int) -> int:
        return sum(count for key, count in self.rows.items() if key[1:] == (version_id, step))

    def written(self, count: int) -> str:
        if self.cut:
            return f"{count:,}+" if count else "not counted"
        return f"{count:,}" if count else show.DASH


def inside(now: datetime) -> Inside:
    found = Inside()
    for workflow, version, step, count, due in _rows("inside", _INSIDE, SOON_S, now=now, most=COUNTED + 1):
        found.rows[workflow, version, step] = count
        found.due[workflow] += due
    found.cut = any(found.of(workflow) > COUNTED for workflow in found.due)
    return found


def last_entered() -> dict[int, datetime]:
    """By workflow, as far as it is among the newest runs."""
    return dict(_rows("last", _LAST, SOON_S, most=COUNTED))


@dataclass(frozen=True)
class Days:
    """Decisions by (workflow, day, what). `first`: the first day that is counted whole."""

    counts: dict[tuple[int, date, str], int]
    first: date
    last: date

    def on(self, day: date, what: str, workflow_id: int | None = None) -> int:
        rows = self.counts.items()
        return sum(count for (of, on, said), count in rows if (on, said) == (day, what) and workflow_id in (None, of))

    def days(self) -> list[date]:
        """Oldest first."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def by_day(now: datetime) -> Days:
    """The last two weeks, or as far back as the newest decisions reach."""
    today = timezone.localdate(now)
    first = today - timedelta(days=DAYS - 1)
    since = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    reach = _rows("reach", _REACH, LATER_S, most=LOG_WINDOW)
    if reach and reach[0][0] >= since:
        first = min(timezone.localdate(reach[0][0]) + timedelta(days=1), today)
    zone = timezone.get_current_timezone_name()
    rows = _rows("days", _DAYS, LATER_S, zone=zone, since=since, most=LOG_WINDOW)
    counts = {(workflow, day, what): count for workflow, day, what, count in rows if day >= first}
    return Days(counts, first, today)


def failed() -> tuple[int, str]:
    """Of the newest runs."""
    start = window_start(Run.objects.order_by("-pk"), "pk", LOG_WINDOW)
    rows = Run.objects.filter(pk__gte=start, state=Run.State.FAILED)
    return cache.get_or_set("workflows-failed", lambda: few(rows, MOST), SOON_S) or (0, "0")


def open_events() -> tuple[int, str]:
    return few(Event.objects.filter(handled_at__isnull=True), MOST)


def _rows(name: str, statement: str, remember_s: int, **values: Any) -> list[Any]:
    def ask() -> list[Any]:
        with connections[acting_unit().alias].cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    return cache.get_or_set(f"workflows-{name}", ask, remember_s) or []
