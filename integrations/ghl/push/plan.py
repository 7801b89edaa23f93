"""From rows that are due to what has to be sent. What needs no call is settled here, many at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import connections, transaction
from django.db.models import Q
from django.utils import timezone

from config.feed.wanted import Skip
from integrations.ghl.mapping.contacts import Merged, WantedContact, wanted_contacts
from integrations.ghl.mapping.opportunities import WantedOpportunity, wanted_opportunities
from integrations.ghl.mapping.stages import Rules
from integrations.ghl.models import Contact, Opportunity, Pushed, StageRule
from integrations.ghl.push.consume import ALIAS, Consumer
from integrations.ghl.push.keep import Counts, State, rest
from servicetitan.models import Estimate

CHUNK = 500
R = TypeVar("R", Contact, Opportunity)
W = TypeVar("W", WantedContact, WantedOpportunity)


@dataclass(frozen=True)
class Item(Generic[R, W]):
    """A record to be sent. `planned_at`: by the database's clock, before anything was read."""

    row: R
    wanted: W
    planned_at: datetime

    @property
    def changes(self) -> bool:
        """Whether it changes something that we sent before; else it makes something new, or finds out what became of it."""
        return bool(self.row.ghl_id and self.row.sent_hash)


ContactItem = Item[Contact, WantedContact]
OpportunityItem = Item[Opportunity, WantedOpportunity]


@dataclass
class Planner:
    """`customer_ids`, `estimate_ids`: only these, due or not. `several`: see Consumer."""

    counts: Counts
    several: bool
    customer_ids: Sequence[int] | None = None
    estimate_ids: Sequence[int] | None = None

    def contacts(self) -> Iterator[ContactItem]:
        chosen = None if self.customer_ids is None else Q(pk__in=self.customer_ids)
        for rows, now in self._due(Contact, chosen):
            present = {row.pk for row in rows if row.ghl_id}
            outcomes = wanted_contacts([row.pk for row in rows], present)
            quiet = _Quiet(now)
            for row in rows:
                outcome = outcomes[row.pk]
                if isinstance(outcome, Merged):
                    self._hand_over(row, outcome.into, now)
                    self.counts.add(skipped=1)
                elif isinstance(outcome, Skip):
                    quiet.skip(row, outcome.reason)
                elif _is_there(row, outcome.hash):
                    quiet.rest(row)
                else:
                    yield Item(row, outcome, now)
            quiet.settle(self.counts)

    def opportunities(self) -> Iterator[OpportunityItem]:
        rules = Rules(StageRule.objects.all())
        for rows, now in self._due(Opportunity, self._chosen_cards()):
            mine = [row for row in rows if bool(row.slot) == self.several]
            outcomes = wanted_opportunities(mine, rules, timezone.now())
            quiet = _Quiet(now)
            for row in rows:
                outcome = outcomes.get(row.pk, Skip("The sub-account's setting for several opportunities a contact has changed."))
                if isinstance(outcome, Skip):
                    quiet.skip(row, outcome.reason)
                elif _is_there(row, outcome.hash):
                    quiet.rest(row, outcome.look_again_at)
                else:
                    yield Item(row, outcome, now)
            quiet.settle(self.counts)

    def _chosen_cards(self) -> Q | None:
        if self.estimate_ids is None:
            return None
        customers = Estimate.objects.filter(pk__in=self.estimate_ids).values_list("customer_id", flat=True)
        return Q(slot__in=self.estimate_ids) | Q(slot=0, st_customer_id__in=[id for id in customers if id])

    def _due(self, model: type[R], chosen: Q | None) -> Iterator[tuple[list[R], datetime]]:
        """Rows by their key, so that each is met once, and the time before they were read."""
        after = 0
        while True:
            now = _database_now()
            rows = model._default_manager.filter(pk__gt=after, draft__isnull=True).order_by("pk")
            rows = rows.filter(Q(due_at__lte=now) if chosen is None else chosen)
            chunk = list(rows[:CHUNK])
            if not chunk:
                return
            self.counts.add(looked_at=len(chunk))
            yield chunk, now
            after = chunk[-1].pk

    def _hand_over(self, row: Contact, into: int, planned_at: datetime) -> None:
        """A merged customer's contact becomes that of the customer it was merged into, unless that one has its own."""
        with transaction.atomic(using=ALIAS):
            Consumer(self.several).mark_customers([into])
            heir = Contact.objects.select_for_update().get(pk=into)
            held = {name: getattr(row, name) for name in ("ghl_id", "remote", "seen_at", "dnd", "dnd_settings", "tags")}
            reason = f"The customer was merged into customer {into} in ServiceTitan."
            given: dict[str, Any] = {"email": None, "phone": None, "intent_at": None}
            if row.ghl_id and not heir.ghl_id and heir.intent_at is None:
                given |= {"ghl_id": None, "remote": None, "sent": None, "sent_hash": ""}
            Contact.objects.filter(pk=row.pk).update(state=State.SKIPPED, reason=reason, **given)
            if "ghl_id" in given:
                Contact.objects.filter(pk=into).update(**held, sent_hash="", due_at=timezone.now())
            rest(row, None, planned_at)


def _is_there(row: Pushed, hash: str) -> bool:
    """Nothing to send; what was deleted there is a person's to decide."""
    return row.gone_at is not None or (bool(row.ghl_id) and row.sent_hash == hash and row.intent_at is None)


def _database_now() -> datetime:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


class _Quiet:
    """Rows of one chunk that need no call."""

    def __init__(self, planned_at: datetime) -> None:
        self._planned_at = planned_at
        self._skipped: dict[str, list[Pushed]] = defaultdict(list)
        self._resting: dict[datetime | None, list[Pushed]] = defaultdict(list)

    def skip(self, row: Pushed, reason: str) -> None:
        self._skipped[reason].append(row)

    def rest(self, row: Pushed, until: datetime | None = None) -> None:
        self._resting[until].append(row)

    def settle(self, counts: Counts) -> None:
        for reason, rows in self._skipped.items():
            counts.add(skipped=len(rows))
            self._update(rows, None, state=State.SKIPPED, reason=reason, attempts=0)
        for until, rows in self._resting.items():
            counts.add(unchanged=len(rows))
            self._update(rows, until)
            _sent([row for row in rows if row.state not in (State.SENT, State.CONFLICT)])

    def _update(self, rows: list[Pushed], until: datetime | None, **columns: Any) -> None:
        """What was marked again meanwhile stays due."""
        model, ids = type(rows[0]), [row.pk for row in rows]
        if columns:
            model._default_manager.filter(pk__in=ids).update(**columns)
        model._default_manager.filter(pk__in=ids, due_at__lte=self._planned_at).update(due_at=until)


def _sent(rows: Collection[Pushed]) -> None:
    for model in (Contact, Opportunity):
        ids = [row.pk for row in rows if isinstance(row, model)]
        if ids:
            model.objects.filter(pk__in=ids).update(state=State.SENT, reason="", attempts=0)
