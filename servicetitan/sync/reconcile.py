"""Comparing the mirror with ServiceTitan's lists: the only way to see what vanished without a trace (`gone.py`).

A sweep over the list collects ids. Records that the list has and the mirror lacks, or has in an older version, are
fetched by reading the export again from the earliest of them.
"""

from array import array
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connections
from django.utils import timezone

from servicetitan.client import Client
from servicetitan.entities import Entity
from servicetitan.errors import Refused
from servicetitan.load import ALIAS
from servicetitan.models import CustomerContact
from servicetitan.moments import moment
from servicetitan.sync.gone import Vanished, raw
from servicetitan.sync.ledger import Ledger
from servicetitan.sync.paging import Listed, sweep_pages

RECENT = timedelta(minutes=20)  # an export may lag 15 minutes: younger differences are no differences yet
TOLERANCE_S = 1.0

_LACKING = """
SELECT v.id, v.modified FROM unnest(%(ids)s::bigint[], %(moments)s::timestamptz[]) AS v(id, modified)
LEFT JOIN {table} t ON t.id = v.id
WHERE t.id IS NULL OR t.modified_on < v.modified - make_interval(secs => %(tolerance)s)
"""


@dataclass
class ReconcileRun:
    """One sweep. `lacks`, afterwards: whether the mirror lacks records or has too old ones.

    `lacking_since`: the earliest modifiedOn among them; None where one has none, so that no date would bring it.
    """

    entity: Entity
    client: Client
    ledger: Ledger
    braking: bool = True
    lacks: bool = field(default=False, init=False)
    lacking_since: datetime | None = field(default=None, init=False)

    def run(self) -> None:
        started = timezone.now()
        self._vanished = Vanished(self.entity, self.ledger, self._read, self.braking)
        self._vanished.settle(self._sweep(started), started)

    def _sweep(self, started: datetime) -> "array[int]":
        """Ids of everything ServiceTitan has, 8 bytes each."""
        found = array("q")
        for page in sweep_pages(self.client, self.entity, self.ledger.stats):
            found.extend(row.id for row in page if row.id is not None)
            self._note_lacking(page, started)
            # an export goes on telling of what is deleted, as inactive
            self._vanished.restore([row.id for row in page if row.id is not None and row.active is not False])
            self._vanished.count(fetched=len(page), pages=1)
        return found

    def _note_lacking(self, page: list[Listed], started: datetime) -> None:
        known = {row.id: moment(row.modifiedOn) for row in page if row.id is not None}
        settled = {key: modified for key, modified in known.items() if modified is None or modified < started - RECENT}
        statement = _LACKING.format(table=self.entity.model._meta.db_table)
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(statement, {"ids": list(settled), "moments": list(settled.values()), "tolerance": TOLERANCE_S})
            for _, modified in cursor.fetchall():
                self._note(modified)

    def _note(self, modified: datetime | None) -> None:
        dated = modified is not None and (not self.lacks or self.lacking_since is not None)
        self.lacking_since = min(modified, self.lacking_since or modified) if dated and modified else None
        self.lacks = True

    def _read(self, record_id: int) -> bytes | None:
        """Contacts are read through their customer."""
        if self.entity.model is not CustomerContact:
            return self.client.read(self.entity, record_id, self.ledger.stats)
        contact = CustomerContact.objects.get(pk=record_id)
        if contact.customer_id is None:
            raise Refused(f"Contact {record_id} belongs to no customer, so it cannot be read.", 0)
        there = self.client.contact_ids(self.entity, contact.customer_id, self.ledger.stats)
        return raw(self.entity, record_id) if record_id in there else None
