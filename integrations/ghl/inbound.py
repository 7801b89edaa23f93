"""Events of GoHighLevel, worked off: each is a hint that a record changed, so the record is read there, and that is believed.

All events about one record are one read. What the push does comes back as events as well; while it has a lot to do, those
wait, and where very many have come, the list of everything (`reconcile`) costs a hundredth of reading each.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connections
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from config.isolation.egress.retries import Stats
from integrations.ghl import adoption
from integrations.ghl.client import Client
from integrations.ghl.errors import BadAnswer, NotAuthorized, Refused
from integrations.ghl.models import Account, Contact, Opportunity, Pushed, WebhookEvent
from integrations.ghl.noting import Record, changes, columns, note, note_gone
from integrations.ghl.push.consume import ALIAS

log = logging.getLogger(__name__)

AT_A_TIME = 500  # events
MOST_READS = 500  # of one call: the worker has other things to do
MANY_DUE = 1000  # records the push has yet to look at
MANY_OPEN = 2000  # events
ECHO = timedelta(seconds=60)  # after the push wrote a record, its events come
ECHOES = frozenset((
    "ContactCreate", "ContactUpdate", "ContactTagUpdate", "OpportunityCreate", "OpportunityUpdate",
    "OpportunityMonetaryValueUpdate",
))  # fmt: skip
KEPT_DAYS = 30  # of events that are done: as long a repeated delivery is known
PRUNED = 20_000
_PRUNE = """
DELETE FROM integrations.ghl_webhook_events WHERE webhook_id IN (
    SELECT webhook_id FROM integrations.ghl_webhook_events
    WHERE done_at < now() - make_interval(days => %s) ORDER BY done_at LIMIT %s)
"""


@dataclass
class Counts:
    """Of one call. `waiting`: events left open. `by_list`: so many echoes are left that the list is cheaper."""

    events: int = 0
    read: int = 0
    changed: int = 0
    unchanged: int = 0
    moved: int = 0
    gone: int = 0
    adopted: int = 0
    conflicts: int = 0
    ignored: int = 0
    failed: int = 0
    waiting: int = 0
    by_list: bool = False

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True)
class Group:
    """Events about one record, in the order in which they came."""

    model: type[Contact] | type[Opportunity]
    record_id: str
    events: Sequence[WebhookEvent]

    def may_echo(self, row: Pushed) -> bool:
        """Whether the push itself may have caused all of them."""
        sent = row.sent_at
        return sent is not None and all(
            event.type in ECHOES and abs(event.received_at - sent) < ECHO for event in self.events
        )


def process(client: Client, stats: Stats, most: int = MOST_READS) -> Counts:
    """Work off the open events, oldest first, each once; with `most` reads, the rest is left. Safe to run twice at a time.

    Raises the GhlErrors that concern all records, such as Unreachable: what is not done stays open.
    """
    return Inbound(client, stats).run(most)


def open_events() -> int:
    """How many wait, as far as it matters."""
    return WebhookEvent.objects.filter(done_at__isnull=True)[: MANY_OPEN + 1].count()


def tell(location: str) -> None:
    """Note for people how the inbox stands: the web process fills it, and may not read it."""
    account = Account.objects.filter(pk=location).only("inbox").first()
    if account is None:
        return
    newest = WebhookEvent.objects.filter(done_at__isnull=True).order_by("-received_at").first()
    last = {"type": newest.type, "came": newest.received_at.isoformat()} if newest else {}
    told = {**account.inbox, **last, "waiting": open_events(), "at": timezone.now().isoformat()}
    Account.objects.filter(pk=location).update(inbox=told)


def prune() -> int:
    """Done events that nobody needs any more; a part of them at a time."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_PRUNE, [KEPT_DAYS, PRUNED])
        return int(cursor.rowcount)


@dataclass
class Inbound:
    client: Client
    stats: Stats
    counts: Counts = field(default_factory=Counts)

    def run(self, most: int) -> Counts:
        pushing, flood = _much_is_due(), open_events() > MANY_OPEN
        self._hold = pushing or flood
        for events in _batches():
            done: list[str] = []
            try:
                for group in _groups(events):
                    if self.counts.read >= most:
                        self.counts.waiting += len(group.events)
                    elif self._look(group):
                        done += [event.pk for event in group.events]
                    else:
                        self.counts.waiting += len(group.events)
            finally:
                self._close(done)
            if self.counts.read >= most:
                break
        self.counts.by_list = flood and not pushing and self.counts.waiting > 0
        return self.counts

    def _close(self, ids: list[str]) -> None:
        if ids:
            self.counts.events += WebhookEvent.objects.filter(pk__in=ids, done_at__isnull=True).update(done_at=Now())

    def _look(self, group: Group) -> bool:
        """Whether its events are done."""
        row = group.model._default_manager.filter(ghl_id=group.record_id).first()
        if row is None and group.model is Opportunity:  # a card that people made; ours are found by the nightly comparison
            return self._count("ignored")
        if row is not None and self._hold and group.may_echo(row):
            return False
        try:
            return self._stranger(group.record_id) if row is None else self._known(row)
        except NotAuthorized:
            raise
        except (Refused, BadAnswer) as error:  # this record's own; the nightly comparison asks again
            log.warning("A record of GoHighLevel could not be read: %s", error)
            return self._count("failed")

    def _known(self, row: Pushed) -> bool:
        began = timezone.now()
        record = self._read(row)
        if record is None:
            was_there = row.gone_at is None
            return note_gone(row, began) and self._count("gone" if was_there else "unchanged")
        found = columns(row, record, whole=True)
        changed = changes(row, found)
        if not note(row, found, began):
            return False
        if changed.get("moved_by_human"):
            self.counts.moved += 1
        return self._count("changed" if changed or row.gone_at else "unchanged")

    def _read(self, row: Pushed) -> Record | None:
        assert row.ghl_id is not None
        self.counts.read += 1
        if isinstance(row, Contact):
            return self.client.contact(row.ghl_id, self.stats)
        return self.client.opportunity(row.ghl_id, self.stats)

    def _stranger(self, id: str) -> bool:
        """A contact that is nobody's here: a customer's all the same, if it carries the number of one."""
        began = timezone.now()
        self.counts.read += 1
        record = self.client.contact(id, self.stats)
        if record is None:
            return self._count("ignored")
        adopting = adoption.of_contacts(self.client, self.stats)
        done = adopting.look_at([record], began)
        outcomes = ["adopted"] * done.adopted + [adopting.settle(twin) for twin in done.twins]
        told = {"adopted": "adopted", "twice": "conflicts"}
        return self._count(told.get(outcomes[0], "ignored") if outcomes else "ignored")

    def _count(self, name: str) -> bool:
        setattr(self.counts, name, getattr(self.counts, name) + 1)
        return True


def _much_is_due() -> bool:
    due = Q(due_at__lte=Now(), draft__isnull=True)
    return any(model.objects.filter(due)[: MANY_DUE + 1].count() > MANY_DUE for model in (Contact, Opportunity))


def _batches() -> Iterator[list[WebhookEvent]]:
    """The open events, by the time they came: each is met once, also if it stays open."""
    after: tuple[datetime, str] | None = None
    while True:
        events = WebhookEvent.objects.filter(done_at__isnull=True).order_by("received_at", "webhook_id")
        if after is not None:
            moment, id = after
            events = events.filter(Q(received_at__gt=moment) | Q(received_at=moment, webhook_id__gt=id))
        batch = list(events[:AT_A_TIME])
        if not batch:
            return
        yield batch
        after = batch[-1].received_at, batch[-1].pk


def _groups(events: Iterable[WebhookEvent]) -> list[Group]:
    found: dict[tuple[Any, str], list[WebhookEvent]] = {}
    for event in events:
        model = Contact if event.type.startswith("Contact") else Opportunity
        found.setdefault((model, event.record_id), []).append(event)
    return [Group(model, record_id, together) for (model, record_id), together in found.items()]
