"""Records that could not be loaded: kept with their reason, tried again, resolved when they load."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
from django.db import connections, transaction
from django.db.models import QuerySet
from django.utils import timezone

from servicetitan.client import Client
from servicetitan.entities import Entity
from servicetitan.errors import Refused, Unclear
from servicetitan.http import Stats
from servicetitan.load import ALIAS, Loader, Merged, Reject
from servicetitan.models import SyncReject
from servicetitan.repair import repaired

PER_RUN = 50  # of those that are due: a feed that rejects everything must not spend its budget on them
FIRST_PAUSE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(days=1)

_SAVE = """
INSERT INTO servicetitan.st_sync_rejects
    (entity, record_id, state, reason, payload, attempts, first_seen_at, last_tried_at)
VALUES (%(entity)s, %(record_id)s, 'open', %(reason)s, %(payload)s, 1, now(), now())
ON CONFLICT (entity, record_id) DO UPDATE SET
    reason = excluded.reason, payload = excluded.payload, last_tried_at = now(), resolved_at = NULL,
    attempts = CASE st_sync_rejects.state WHEN 'open' THEN st_sync_rejects.attempts + 1 ELSE 1 END,
    state = CASE WHEN st_sync_rejects.state = 'dismissed' AND st_sync_rejects.payload = excluded.payload
                 THEN 'dismissed' ELSE 'open' END
"""

_RESOLVE = """
UPDATE servicetitan.st_sync_rejects SET state = 'resolved', resolved_at = now()
WHERE entity = %s AND state <> 'resolved' AND record_id = ANY(%s)
"""


def save(entity: Entity, rejects: Iterable[Reject]) -> None:
    """Record rejects, in the transaction of their page."""
    rows = [
        {"entity": entity.name, "record_id": r.record_id, "reason": r.reason, "payload": r.payload} for r in rejects
    ]
    if rows:
        with connections[ALIAS].cursor() as cursor:
            cursor.executemany(_SAVE, rows)


def resolve(entity: Entity, record_ids: list[str]) -> None:
    """Close the rejects of records that have come again and loaded."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_RESOLVE, [entity.name, record_ids])


def open_ids(entity: Entity) -> set[str]:
    rejects = SyncReject.objects.filter(entity=entity.name, state=SyncReject.State.OPEN)
    return set(rejects.values_list("record_id", flat=True)[:10_000])


def ids_in(page: bytes) -> list[str]:
    """The ids of a page's records, as `record_id` has them."""
    records = msgspec.json.decode(repaired(page)[0], type=list[Any])
    return [str(record["id"]) for record in records if isinstance(record, dict) and record.get("id") is not None]


def due(entity: Entity) -> QuerySet[SyncReject]:
    """Open rejects whose pause is over; the pause doubles with each attempt."""
    now = timezone.now()
    rejects = SyncReject.objects.filter(entity=entity.name, state=SyncReject.State.OPEN).order_by("last_tried_at")
    ids = [r.pk for r in rejects[: PER_RUN * 4] if r.last_tried_at + _pause(r.attempts) <= now]
    return rejects.filter(pk__in=ids[:PER_RUN])


def _pause(attempts: int) -> timedelta:
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts, 10))


def retry(entity: Entity, rejects: Iterable[SyncReject], client: Client, stats: Stats) -> Iterator[Merged]:
    """Try rejects again: as the record is now at ServiceTitan where it can be read, else as it came."""
    return (_retry_one(entity, reject, client, stats) for reject in rejects)


def _retry_one(entity: Entity, reject: SyncReject, client: Client, stats: Stats) -> Merged:
    payload = _fresh(entity, reject, client, stats) or reject.payload.encode()
    with transaction.atomic(using=ALIAS):
        merged = Loader(entity).merge_carefully(b"[" + payload + b"]", "retry of a reject")
        if reject.record_id not in {again.record_id for again in merged.rejects}:
            resolve(entity, [reject.record_id])
        save(entity, merged.rejects)
    return merged


def _fresh(entity: Entity, reject: SyncReject, client: Client, stats: Stats) -> bytes | None:
    """The record as ServiceTitan has it now, with the fields that only the export carries; None where it has none."""
    if not reject.record_id.isdecimal() or not (entity.by_id or entity.name == "invoices"):
        return None
    try:
        fresh = client.read(entity, int(reject.record_id), stats)
    except (Refused, Unclear):
        return None
    return with_kept_fields(entity, fresh, reject.payload.encode()) if fresh else None


def with_kept_fields(entity: Entity, record: bytes, known: bytes) -> bytes:
    """`record` from a by-id answer, completed with the fields that only the export sends, out of `known`."""
    fields = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
    try:
        before = msgspec.json.decode(known, type=dict[str, msgspec.Raw])
    except ValueError:
        before = {}
    for name in entity.keeps:
        if name not in fields and name in before:
            fields[name] = before[name]
    return msgspec.json.encode(fields)


