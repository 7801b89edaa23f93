"""Which records are to be looked at: what the event log tells, what was there before, what a person asks for."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from django.conf import settings
from django.db import connections

from config.feed.consumer import Caught, Follower
from config.feed.reader import ChangeRecord
from config.isolation.manifest import BY_NAME
from integrations.ghl.models import FeedPosition

ALIAS = BY_NAME["ghl"].alias
ENTITIES = ("customers", "contacts", "estimates", "jobs", "appointments")
_FOLLOWER = Follower(FeedPosition, "push", ENTITIES, ALIAS)

# A row held by the brake stays held, and what rests in a pause after a failure is looked at now that it changed.
MARK_CONTACTS = """
INSERT INTO integrations.ghl_contacts AS c (
    st_customer_id, state, reason, attempts, due_at, sent_hash, adopted, name, tags)
SELECT DISTINCT id, 'new', '', 0, now(), '', false, '', '[]'::jsonb FROM ({ids}) AS wanted(id) WHERE id IS NOT NULL
ON CONFLICT (st_customer_id) DO UPDATE SET due_at = now() WHERE c.draft_id IS NULL
"""
MARK_OPPORTUNITIES = """
INSERT INTO integrations.ghl_opportunities AS o (
    st_customer_id, slot, state, reason, attempts, due_at, sent_hash, adopted, name, happened, pipeline_id, stage_id, status,
    moved_by_human)
SELECT DISTINCT e.customer_id, CASE WHEN %(several)s THEN e.id ELSE 0 END, 'new', '', 0, now(), '', false, '', '', '', '', '',
    false
FROM servicetitan.st_estimates e WHERE e.customer_id IS NOT NULL AND {which}
ON CONFLICT (st_customer_id, slot) DO UPDATE SET due_at = now() WHERE o.draft_id IS NULL
"""
_OF_CONTACTS = "SELECT customer_id FROM servicetitan.st_customer_contacts WHERE id = ANY(%(ids)s)"
_OF_JOBS = "e.job_id = ANY(%(jobs)s)"
_MADE_INTO = """e.id IN (SELECT created_from_estimate_id FROM servicetitan.st_jobs
    WHERE id = ANY(%(jobs)s) AND created_from_estimate_id IS NOT NULL)"""
_JOBS_OF_VISITS = "SELECT DISTINCT job_id FROM servicetitan.st_appts WHERE id = ANY(%s) AND job_id IS NOT NULL"


class Consumer:
    """`several`: whether the sub-account has a card for each estimate of a customer."""

    def __init__(self, several: bool) -> None:
        self._several = several

    def catch_up(self, told: Callable[[int], None] = lambda count: None) -> Caught:
        """As `Follower.catch_up`; the first run looks at everything that is there, and from then on what changes."""
        return _FOLLOWER.catch_up(self._mark, self.mark_everything, told)

    def mark_everything(self) -> int:
        """One statement each: it is a copy of ids."""
        count = 0
        with connections[ALIAS].cursor() as cursor:
            if settings.GHL_AUTO_SYNC_CUSTOMERS:
                cursor.execute(MARK_CONTACTS.format(ids="SELECT id FROM servicetitan.st_customers"))
                count += cursor.rowcount
            if settings.GHL_AUTO_SYNC_ESTIMATES:
                cursor.execute(MARK_OPPORTUNITIES.format(which="true"), {"several": self._several})
                count += cursor.rowcount
        return count

    def mark_since(self, moment: datetime) -> int:
        """What the mirror got after a moment."""
        with connections[ALIAS].cursor() as cursor:
            of = "SELECT id FROM servicetitan.st_customers WHERE synced_at >= %(since)s"
            cursor.execute(MARK_CONTACTS.format(ids=of), {"since": moment})
            count = int(cursor.rowcount)
            which = "e.synced_at >= %(since)s"
            cursor.execute(MARK_OPPORTUNITIES.format(which=which), {"since": moment, "several": self._several})
            return count + int(cursor.rowcount)

    def _mark(self, changes: Iterable[ChangeRecord]) -> None:
        ids: dict[str, list[int]] = defaultdict(list)
        for change in changes:
            ids[change.entity].append(change.record_id)
        if settings.GHL_AUTO_SYNC_CUSTOMERS:
            self.mark_customers(ids["customers"])
            self._mark_customers_of(ids["contacts"])
        if settings.GHL_AUTO_SYNC_ESTIMATES:
            self.mark_estimates(ids["estimates"])
            self._mark_estimates_of(ids["jobs"], ids["appointments"])

    def mark_customers(self, ids: Collection[int]) -> int:
        return self._execute(MARK_CONTACTS.format(ids="SELECT unnest(%(ids)s::bigint[])"), ids)

    def _mark_customers_of(self, contact_ids: Collection[int]) -> None:
        self._execute(MARK_CONTACTS.format(ids=_OF_CONTACTS), contact_ids)

    def mark_estimates(self, ids: Collection[int]) -> int:
        return self._execute(MARK_OPPORTUNITIES.format(which="e.id = ANY(%(ids)s)"), ids)

    def _mark_estimates_of(self, jobs: Collection[int], visits: Collection[int]) -> None:
        if not (jobs or visits):
            return
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(_JOBS_OF_VISITS, [list(visits)])
            wanted = sorted({*jobs, *(row[0] for row in cursor.fetchall())})
            for which in (_OF_JOBS, _MADE_INTO):
                cursor.execute(MARK_OPPORTUNITIES.format(which=which), {"jobs": wanted, "several": self._several})

    def _execute(self, statement: str, ids: Collection[int]) -> int:
        if not ids:
            return 0
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(statement, {"ids": list(ids), "several": self._several})
            return int(cursor.rowcount)


def wake_opportunities(customer_id: int) -> None:
    """The customer has become a contact: cards that waited for that are due. In the transaction that says so."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "UPDATE integrations.ghl_opportunities SET due_at = now() WHERE st_customer_id = %s AND ghl_id IS NULL",
            [customer_id],
        )
