"""The brake: a run that would delete or empty more than a set share of the mirror stops and asks a person.

A vendor's mishap looks like data: a list that is suddenly empty, a field that is suddenly null in every record.
"""

from django.conf import settings
from django.db import connections

from servicetitan.entities import Entity
from servicetitan.load import ALIAS

FEW_DELETED = 5  # so many may always go: a small company has small numbers
FEW_BLANKED = 10


class Braked(Exception):
    """The message says what the run would have done, and how to let it."""


def check_blanked(entity: Entity, blanked: dict[str, int], known: dict[str, int]) -> None:
    """Raise Braked where a field was emptied in too many records. `known` keeps the table's size between calls."""
    worst = max(blanked, key=lambda name: blanked[name], default=None)
    if worst is None or blanked[worst] <= FEW_BLANKED:
        return
    if entity.name not in known:
        known[entity.name] = live_rows(entity)
    if blanked[worst] > _limit(known[entity.name], FEW_BLANKED):
        raise Braked(
            f"ServiceTitan now sends '{worst}' empty in {blanked[worst]} {entity.name} that had a value. "
            f"If that is right, run: manage.py sync_servicetitan --entity {entity.name} --no-brake"
        )


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
