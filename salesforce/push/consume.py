"""Which customers are to be looked at: what the event log tells, what was there before, what a person asks for."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import connections

from config.feed.consumer import Caught, Follower
from config.feed.reader import ChangeRecord
from config.isolation.manifest import BY_NAME
from salesforce.mapping.facts import ENTITIES as NEEDED_BY
from salesforce.models import FeedPosition

ALIAS = BY_NAME["salesforce"].alias
ENTITIES = ("customers", *NEEDED_BY.values())
_FOLLOWER = Follower(FeedPosition, "push", ENTITIES, ALIAS)
_TABLES = {
    "contacts": "servicetitan.st_customer_contacts",
    "invoices": "servicetitan.st_invoices",
    "jobs": "servicetitan.st_jobs",
    "estimates": "servicetitan.st_estimates",
}
_MARK = """
INSERT INTO {table} AS t (st_customer_id, name, state, reason, code, attempts, due_at, sent_hash, notes)
SELECT DISTINCT id, '', 'new', '', '', 0, now(), '', '[]'::jsonb FROM ({ids}) AS wanted(id) WHERE id IS NOT NULL
ON CONFLICT (st_customer_id) DO UPDATE SET due_at = now()
"""


class Consumer:
    """`tables`: qualified, of the kinds of records that are sent. `needs`: parts of the facts that the mapping uses."""

    def __init__(self, tables: Collection[str], needs: Collection[str]) -> None:
        self._tables = tables
        self._entities = {"customers", *(NEEDED_BY[need] for need in needs if need in NEEDED_BY)}

    def catch_up(self, told: Callable[[int], None] = lambda count: None) -> Caught:
        """As `Follower.catch_up`; the first run looks at everything that is there, and from then on what changes."""
        return _FOLLOWER.catch_up(self._mark, self.mark_everything, told)

    def mark_everything(self) -> int:
        return self._execute("SELECT id FROM servicetitan.st_customers", [])

    def mark_since(self, moment: datetime) -> int:
        """Customers that the mirror got, in whatever part, after a moment."""
        parts = ["SELECT id FROM servicetitan.st_customers WHERE synced_at >= %s"]
        parts += [f"SELECT customer_id FROM {_TABLES[name]} WHERE synced_at >= %s" for name in self._entities - {"customers"}]
        return self._execute(" UNION ".join(parts), [moment] * len(parts))

    def mark_customers(self, ids: Collection[int]) -> int:
        return self._execute("SELECT unnest(%s::bigint[])", [list(ids)]) if ids else 0

    def _mark(self, changes: Iterable[ChangeRecord]) -> None:
        ids: dict[str, list[int]] = defaultdict(list)
        for change in changes:
            if change.entity in self._entities:
                ids[change.entity].append(change.record_id)
        self.mark_customers(ids.pop("customers", []))
        for entity, records in ids.items():
            self._execute(f"SELECT customer_id FROM {_TABLES[entity]} WHERE id = ANY(%s)", [records])

    def _execute(self, ids: str, values: list[Any]) -> int:
        count = 0
        with connections[ALIAS].cursor() as cursor:
            for table in self._tables:
                cursor.execute(_MARK.format(table=table, ids=ids), values)
                count = max(count, int(cursor.rowcount))
        return count


def wake_contacts(customer_ids: Collection[int]) -> None:
    """Their accounts are there: contacts that waited for that are due. In the transaction that says so."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "UPDATE salesforce.contacts SET due_at = now() WHERE st_customer_id = ANY(%s) AND sf_id IS NULL", [list(customer_ids)]
        )
