"""Comparing the mirror with ServiceTitan's lists: the only way to see what vanished without a trace.

A sweep over the list collects ids. Live rows that it did not bring are suspects; too many of them and the brake stops
the run. Each suspect is then read directly: only "no such record" marks it deleted. Records that the list has and the
mirror lacks, or has in an older version, are fetched by reading the export again from the earliest of them.
"""

from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from servicetitan.client import Client
from servicetitan.entities import Entity
from servicetitan.errors import Refused, Unclear
from servicetitan.load import ALIAS, Loader
from servicetitan.models import Change, CustomerContact
from servicetitan.sync import brake
from servicetitan.sync.ledger import Ledger
from servicetitan.sync.merging import announce
from servicetitan.sync.paging import Listed, sweep_pages
from servicetitan.sync.rejects import with_kept_fields

RECENT = timedelta(minutes=20)  # an export may lag 15 minutes: younger differences are no differences yet
TOLERANCE_S = 1.0

_LACKING = """
SELECT v.id, v.modified FROM unnest(%(ids)s::bigint[], %(moments)s::timestamptz[]) AS v(id, modified)
LEFT JOIN {table} t ON t.id = v.id
WHERE t.id IS NULL OR t.deleted_at IS NOT NULL OR t.modified_on < v.modified - make_interval(secs => %(tolerance)s)
"""

_DELETE = """
WITH gone AS (UPDATE {table} SET deleted_at = now(), missing_since = coalesce(missing_since, now()), synced_at = now()
              WHERE id = %(id)s AND deleted_at IS NULL RETURNING id)
INSERT INTO servicetitan.st_changes (txid, entity, record_id, kind)
SELECT pg_current_xact_id()::text::bigint, %(entity)s, id, %(kind)s FROM gone RETURNING txid
"""


@dataclass
class ReconcileRun:
    """One sweep. In a dry run it counts suspects and reads none of them.

    `lacking_since`, afterwards: the earliest modifiedOn among the records that the mirror lacks or has too old.
    """

    entity: Entity
    client: Client
    ledger: Ledger
    braking: bool = True
    lacking_since: datetime | None = None

    def run(self) -> None:
        started = timezone.now()
        suspects = self._suspects(self._sweep(started), started)
        self._count(suspected=len(suspects))
        if self.braking:
            brake.check_deleted(self.entity, len(suspects), brake.live_rows(self.entity))
        if self.ledger.writes:
            self._mark(suspects)
            self._confirm(suspects)

    def _count(self, txid: int | None = None, **more: int) -> None:
        tally = self.ledger.tally
        sums = {name: getattr(tally, name) + number for name, number in more.items()}
        self.ledger.advance(replace(tally.with_txid(txid), **sums))

    def _sweep(self, started: datetime) -> "array[int]":
        """Ids of everything ServiceTitan has, 8 bytes each."""
        found = array("q")
        for page in sweep_pages(self.client, self.entity, self.ledger.stats):
            found.extend(row.id for row in page if row.id is not None)
            self._note_lacking(page, started)
            self._count(fetched=len(page), pages=1)
        return found

    def _note_lacking(self, listed: list[Listed], started: datetime) -> None:
        known = {row.id: _moment(row.modifiedOn) for row in listed if row.id is not None}
        settled = {key: moment for key, moment in known.items() if moment is None or moment < started - RECENT}
        statement = _LACKING.format(table=self.entity.model._meta.db_table)
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(statement, {"ids": list(settled), "moments": list(settled.values()), "tolerance": TOLERANCE_S})
            for _, modified in cursor.fetchall():
                earliest = modified or datetime(2000, 1, 1, tzinfo=UTC)
                self.lacking_since = min(earliest, self.lacking_since or earliest)

    def _suspects(self, listed: "array[int]", started: datetime) -> list[int]:
        """Live rows the list did not bring, by walking both in the order of their ids."""
        ids = iter(sorted(set(listed)))
        here = next(ids, None)
        suspects = []
        for mirrored in self._live_ids(started):
            while here is not None and here < mirrored:
                here = next(ids, None)
            if here != mirrored:
                suspects.append(mirrored)
        return suspects

    def _live_ids(self, started: datetime) -> Iterator[int]:
        live = self.entity.model._default_manager.filter(deleted_at=None, first_seen_at__lt=started)
        if self.entity.model is CustomerContact:
            live = live.exclude(active=False)  # the list of contacts has only those in use
        return live.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=10_000)

    def _mark(self, suspects: list[int]) -> None:
        table = self.entity.model._meta.db_table
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET missing_since = CASE WHEN id = ANY(%(ids)s) THEN coalesce(missing_since, now()) END "
                "WHERE missing_since IS NOT NULL OR id = ANY(%(ids)s)",
                {"ids": suspects},
            )

    def _confirm(self, suspects: list[int]) -> None:
        if suspects:
            self._check_direct_reads(suspects)
        for record_id in suspects:
            try:
                record = self._read(record_id)
            except (Refused, Unclear):  # neither there nor gone: it stays suspected
                continue
            if record is None:
                self._delete(record_id)
            else:
                self._load(record_id, record)

    def _check_direct_reads(self, suspects: list[int]) -> None:
        """Before believing in "no such record", see that a direct read of a record that is there succeeds."""
        live = self.entity.model._default_manager.filter(deleted_at=None, missing_since=None).exclude(pk__in=suspects)
        for known in live.exclude(active=False).order_by("-pk").values_list("pk", flat=True)[:3]:
            with suppress(Refused, Unclear):
                if self._read(known) is not None:
                    return
        if self.braking:
            raise brake.Braked(
                f"Direct reads of {self.entity.name} find nothing, not even records that the list has just brought: "
                "no record is taken for deleted."
            )

    def _read(self, record_id: int) -> bytes | None:
        """The record, or None where ServiceTitan says it is gone. Contacts are read through their customer."""
        if self.entity.model is not CustomerContact:
            return self.client.read(self.entity, record_id, self.ledger.stats)
        contact = CustomerContact.objects.get(pk=record_id)
        if contact.customer_id is None:
            raise Refused(f"Contact {record_id} belongs to no customer, so it cannot be read.", 0)
        there = self.client.contact_ids(self.entity, contact.customer_id, self.ledger.stats)
        return _raw(self.entity, record_id) if record_id in there else None

    def _load(self, record_id: int, record: bytes) -> None:
        complete = with_kept_fields(self.entity, record, _raw(self.entity, record_id))
        with transaction.atomic(using=ALIAS):
            merged = Loader(self.entity).merge_carefully(b"[" + complete + b"]", "direct read")
            announce(merged.txid)
        self._count(merged.txid, updated=merged.updated)

    def _delete(self, record_id: int) -> None:
        values: dict[str, Any] = {"id": record_id, "entity": self.entity.name, "kind": Change.Kind.DELETED}
        with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
            cursor.execute(_DELETE.format(table=self.entity.model._meta.db_table), values)
            row = cursor.fetchone()
            announce(row[0] if row else None)
        if row:
            self._count(row[0], deleted=1)


def _raw(entity: Entity, record_id: int) -> bytes:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"SELECT raw::text FROM {entity.model._meta.db_table} WHERE id = %s", [record_id])
        return str(cursor.fetchone()[0]).encode()


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parse_datetime(text) if text else None
    except ValueError:  # looks like a date and is none
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
