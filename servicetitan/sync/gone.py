"""What vanished at ServiceTitan without a trace: suspected where a list does not bring it, deleted once that is confirmed.

Shared by the reconcile of the feeds and by the reference lists, which are read whole every time. Too many suspects and
the brake stops the run. Each is then read directly: only "no such record" marks it deleted. What a list brings is there.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connections, transaction

from servicetitan.entities import Entity
from servicetitan.errors import Refused, Unclear
from servicetitan.load import ALIAS, Loader
from servicetitan.models import Change, CustomerContact
from servicetitan.sync import brake
from servicetitan.sync.ledger import Ledger
from servicetitan.sync.merging import announce
from servicetitan.sync.rejects import with_kept_fields

_LOG = """
INSERT INTO servicetitan.st_changes (txid, entity, record_id, kind)
SELECT pg_current_xact_id()::text::bigint, %(entity)s, id, %(kind)s FROM touched RETURNING txid
"""
_DELETE = """
WITH touched AS (UPDATE {table} SET deleted_at = now(), missing_since = coalesce(missing_since, now()), synced_at = now()
                 WHERE id = ANY (%(ids)s) AND deleted_at IS NULL RETURNING id)
""" + _LOG  # fmt: skip
_RESTORE = """
WITH touched AS (UPDATE {table} SET deleted_at = NULL, missing_since = NULL, synced_at = now()
                 WHERE id = ANY (%(ids)s) AND deleted_at IS NOT NULL RETURNING id)
""" + _LOG  # fmt: skip


@dataclass
class Vanished:
    """`read` brings a record as ServiceTitan has it now, or None where it is gone. It may raise Refused or Unclear.

    In a dry run suspects are counted, and nothing else is done.
    """

    entity: Entity
    ledger: Ledger
    read: Callable[[int], bytes | None]
    braking: bool = True

    def settle(self, listed: "array[int]", started: datetime) -> None:
        """`listed`: the ids of everything ServiceTitan has, of a sweep that began at `started`. May raise Braked."""
        suspects = self._suspects(listed, started)
        self.count(suspected=len(suspects))
        if self.braking:
            brake.check_deleted(self.entity, len(suspects), brake.live_rows(self.entity))
        if self.ledger.writes:
            self._mark(suspects)
            self._confirm(suspects)

    def restore(self, ids: Sequence[int]) -> None:
        """A list has just brought these: those that are marked as deleted are not."""
        if self.ledger.writes:
            self.count(updated=self._touch(_RESTORE, ids, Change.Kind.RESTORED))

    def count(self, txid: int | None = None, **more: int) -> None:
        tally = self.ledger.tally
        sums = {name: getattr(tally, name) + number for name, number in more.items()}
        self.ledger.advance(replace(tally.with_txid(txid), **sums))

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
                "WHERE (missing_since IS NOT NULL AND deleted_at IS NULL) OR id = ANY(%(ids)s)",
                {"ids": suspects},
            )

    def _confirm(self, suspects: list[int]) -> None:
        if suspects:
            self._check_direct_reads(suspects)
        for record_id in suspects:
            try:
                record = self.read(record_id)
            except (Refused, Unclear):  # neither there nor gone: it stays suspected
                continue
            if record is None:
                self.count(deleted=self._touch(_DELETE, [record_id], Change.Kind.DELETED))
            else:
                self._load(record_id, record)

    def _check_direct_reads(self, suspects: list[int]) -> None:
        """Before believing in "no such record", see that a direct read of a record that is there succeeds."""
        live = self.entity.model._default_manager.filter(deleted_at=None, missing_since=None).exclude(pk__in=suspects)
        for known in live.exclude(active=False).order_by("-pk").values_list("pk", flat=True)[:3]:
            with suppress(Refused, Unclear):
                if self.read(known) is not None:
                    return
        if self.braking:
            raise brake.Braked(
                f"Direct reads of {self.entity.name} find nothing, not even records that the list has just brought: "
                "no record is taken for deleted."
            )

    def _load(self, record_id: int, record: bytes) -> None:
        complete = with_kept_fields(self.entity, record, raw(self.entity, record_id))
        with transaction.atomic(using=ALIAS):
            merged = Loader(self.entity).merge_carefully(b"[" + complete + b"]", "direct read")
            announce(merged.txid)
        self.count(merged.txid, updated=merged.updated)

    def _touch(self, statement: str, ids: Sequence[int], kind: Change.Kind) -> int:
        """How many rows it was. Their transaction is noted in the run."""
        values: dict[str, Any] = {"ids": list(ids), "entity": self.entity.name, "kind": kind}
        with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
            cursor.execute(statement.format(table=self.entity.model._meta.db_table), values)
            rows = cursor.fetchall()
            txid = rows[0][0] if rows else None
            announce(txid)
        self.count(txid)
        return len(rows)


def raw(entity: Entity, record_id: int) -> bytes:
    """The record as it is here."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"SELECT raw::text FROM {entity.model._meta.db_table} WHERE id = %s", [record_id])
        return str(cursor.fetchone()[0]).encode()
