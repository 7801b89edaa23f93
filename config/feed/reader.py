"""Changes of the mirror in an order that never skips one.

Several feeds commit at once, and not in the order of their numbers: a reader that remembers the highest number it saw
would step over a lower one that commits later. So a change is read only when no transaction that could still write a
lower one is running: below the oldest running transaction of the server (`pg_snapshot_xmin`). What is read is final, and
(txid, id) is its order. A transaction that stays open anywhere on the server holds readers up; it never makes them skip.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connections

from config.isolation.actor import acting_unit
from config.isolation.manifest import CHANGE_LOG


@dataclass(frozen=True, order=True)
class Position:
    """A place in the log: behind the change with these numbers."""

    txid: int = 0
    id: int = 0


START = Position()
LAST = 2**63 - 1  # of any transaction


@dataclass(frozen=True)
class ChangeRecord:
    """One change. `old` and `new` hold only the fields that differ; an insert has neither."""

    position: Position
    entity: str
    record_id: int
    kind: str
    changed_at: datetime
    old: dict[str, Any] | None
    new: dict[str, Any] | None


class PositionFromElsewhere(Exception):
    """The position lies ahead of the server: the database was restored from a dump, which starts the numbers anew."""


_READ = f"""
SELECT txid, id, entity, record_id, kind, changed_at, old::text, new::text FROM {CHANGE_LOG}
WHERE (txid, id) > (%(txid)s, %(id)s) AND txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
      AND (%(entities)s::text[] IS NULL OR entity = ANY(%(entities)s))
ORDER BY txid, id LIMIT %(limit)s
"""

_HISTORY = f"""
SELECT txid, id, entity, record_id, kind, changed_at, old::text, new::text FROM {CHANGE_LOG}
WHERE entity = %s AND record_id = ANY(%s) AND kind <> 'inserted' ORDER BY txid DESC, id DESC
"""


_BETWEEN = f"""
SELECT txid, id, entity, record_id, kind, changed_at, old::text, new::text FROM {CHANGE_LOG}
WHERE entity = %(entity)s AND changed_at > %(since)s AND changed_at <= %(until)s ORDER BY txid, id LIMIT %(most)s
"""


def read(after: Position, limit: int, entities: Sequence[str] | None = None) -> list[ChangeRecord]:
    """Up to `limit` changes behind `after`, in order, as the acting unit. Fewer than `limit`: there are no more yet.

    Raises PositionFromElsewhere.
    """
    values = {"txid": after.txid, "id": after.id, "limit": limit, "entities": list(entities) if entities else None}
    with connections[acting_unit().alias].cursor() as cursor:
        cursor.execute("SELECT %s >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint", [after.txid])
        if cursor.fetchone()[0]:
            raise PositionFromElsewhere(
                f"A consumer stands at transaction {after.txid}, which this server has not reached. The database was "
                "probably restored from a dump: set the consumer back to the start; sending again changes nothing."
            )
        cursor.execute(_READ, values)
        return [_change(row) for row in cursor.fetchall()]


def head() -> Position:
    """Where a consumer that looks at everything there is now may begin: what is behind it, it sees; what comes, it reads."""
    with connections[acting_unit().alias].cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1")
        return Position(cursor.fetchone()[0], LAST)


def history(entity: str, record_ids: Sequence[int]) -> list[ChangeRecord]:
    """Every change of these records but their inserts, newest first, as the acting unit: what they were like follows from it."""
    with connections[acting_unit().alias].cursor() as cursor:
        cursor.execute(_HISTORY, [entity, list(record_ids)])
        return [_change(row) for row in cursor.fetchall()]


def between(entity: str, since: datetime, until: datetime, most: int) -> list[ChangeRecord]:
    """Up to `most` changes that the mirror noted after `since` and not after `until`, oldest first, as the acting unit."""
    with connections[acting_unit().alias].cursor() as cursor:
        cursor.execute(_BETWEEN, {"entity": entity, "since": since, "until": until, "most": most})
        return [_change(row) for row in cursor.fetchall()]


def _change(row: Sequence[Any]) -> ChangeRecord:
    txid, id, entity, record_id, kind, changed_at, old, new = row
    return ChangeRecord(Position(txid, id), entity, record_id, kind, changed_at, _fields(old), _fields(new))


def _fields(text: str | None) -> dict[str, Any] | None:
    """Numbers as Decimal: money must not pass through a float."""
    return None if text is None else json.loads(text, parse_float=Decimal)
