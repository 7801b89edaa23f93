"""The brake: a run that would delete or empty more than a set share of the mirror stops and asks a person.

A vendor's mishap looks like data: a list that is suddenly empty, a field that is suddenly null in every record.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils import timezone
from psycopg.types.json import Jsonb

from servicetitan.entities import Entity
from servicetitan.load import ALIAS
from servicetitan.models import SyncCursor
from servicetitan.sync.lease import Lease

FEW_DELETED = 5  # so many may always go: a small company has small numbers
FEW_BLANKED = 10
WINDOW = timedelta(days=1)  # what so many hours' runs emptied counts together

_KEEP = """
UPDATE servicetitan.st_sync_cursors SET blanked = %s, blanked_since = %s
WHERE entity = %s AND fence = %s
"""
_REMEMBER = "UPDATE servicetitan.st_sync_cursors SET braked = %s WHERE entity = %s AND fence = %s"


class Braked(Exception):
    """The message says what the run would have done, and how to let it. `field`: the one that would be emptied, or ''."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Blanking:
    """Values that gave way to nothing, counted over the pages and the runs of one feed.

    One run alone says little: it ends at its first page too many, and the next would begin its count anew and empty the
    table a share at a time. So the counts are committed with their pages. A field that the brake has stopped stays
    stopped, a single value of it included, until a run passes its page without emptying it, or is told to (--no-brake).
    """

    def __init__(self, entity: Entity, lease: Lease | None, *, braking: bool = True) -> None:
        self._entity, self._lease, self._braking = entity, lease, braking
        cursor = SyncCursor.objects.filter(entity=entity.name).first()
        self._stopped = cursor.braked if cursor else None
        self._since: datetime = timezone.now()
        self._counts: dict[str, int] = {}
        self._rows: int | None = None
        if cursor and cursor.blanked_since and (self._stopped or cursor.blanked_since > self._since - WINDOW):
            self._since, self._counts = cursor.blanked_since, cursor.blanked or {}

    def check(self, page: Mapping[str, int]) -> None:
        """Raise Braked where the page empties a field too often, or one that is stopped."""
        for field in page if self._braking else ():
            count = self._counts.get(field, 0) + page[field]
            if field == self._stopped or self._is_too_many(count):
                raise Braked(
                    f"ServiceTitan now sends '{field}' empty in {count} {self._entity.name} that had a value. "
                    "Nothing more is read until that is put right there, or somebody decides. "
                    f"If it is right, run: manage.py sync_servicetitan --entity {self._entity.name} --no-brake",
                    field,
                )

    def _is_too_many(self, count: int) -> bool:
        if count <= FEW_BLANKED:
            return False
        if self._rows is None:
            self._rows = live_rows(self._entity)
        return count > _limit(self._rows, FEW_BLANKED)

    def keep(self, page: Mapping[str, int]) -> None:
        """Store the counts in the transaction of the page."""
        if page and self._braking and self._lease:
            values: list[Any] = [Jsonb(self._with(page)), self._since, self._entity.name, self._lease.fence]
            with connections[ALIAS].cursor() as cursor:
                cursor.execute(_KEEP, values)

    def add(self, page: Mapping[str, int]) -> None:
        """The page is committed."""
        self._counts = self._with(page)

    def _with(self, page: Mapping[str, int]) -> dict[str, int]:
        return {field: self._counts.get(field, 0) + page.get(field, 0) for field in self._counts.keys() | page.keys()}

    def remember(self, braked: Braked) -> None:
        """From now on the feed is stopped. Called when the page is rolled back."""
        if self._lease and braked.field:
            with connections[ALIAS].cursor() as cursor:
                cursor.execute(_REMEMBER, [braked.field, self._entity.name, self._lease.fence])

    def forget(self) -> str:
        """What a run that got to the end of the feed sets: it passed the page that was stopped, or was told to.

        Then a decision has been taken, and the counts begin anew; without one they go on to the end of their window.
        """
        return "braked = NULL" if self._braking else "braked = NULL, blanked = NULL, blanked_since = NULL"


def check_deleted(entity: Entity, gone: int, rows: int) -> None:
    if gone > _limit(rows, FEW_DELETED):
        raise Braked(
            f"{gone} of {rows} {entity.name} are no longer in ServiceTitan's list: too many to believe. "
            f"If that is right, run: manage.py sync_servicetitan --reconcile --entity {entity.name} --no-brake"
        )


def live_rows(entity: Entity) -> int:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {entity.model._meta.db_table} WHERE deleted_at IS NULL")
        return int(cursor.fetchone()[0])


def _limit(rows: int, few: int) -> float:
    return max(few, rows * settings.SERVICETITAN_BRAKE_PERCENT / 100)
