"""Comparing all of GoHighLevel with our rows: webhooks get lost, and what people do there at most tells one in passing.

A list is walked page by page, and a page is settled in a few statements, so memory is bounded by pages. The list lags behind
by seconds and misses records: what it shows of a record that was seen a moment ago, and whom it does not show, is asked for
one by one before it is believed.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils import timezone

from config.isolation.egress.retries import Stats
from config.jobs.progress import Progress
from integrations.ghl import adoption
from integrations.ghl.adoption import TWICE, Adoption, Twin
from integrations.ghl.client import CARDS_PAGE, Client
from integrations.ghl.errors import BadAnswer, NotAuthorized, Refused
from integrations.ghl.inbound import ECHOES, prune
from integrations.ghl.models import Contact, Opportunity, Pushed, SyncRun, WebhookEvent
from integrations.ghl.noting import Record, State, changes, columns, note, note_gone
from integrations.ghl.parity import Part, Report, drift
from integrations.ghl.push.consume import ALIAS
from integrations.ghl.push.opportunities import PLACE

log = logging.getLogger(__name__)

PAGE = CARDS_PAGE
LAG = timedelta(seconds=60)  # how old the list's view of a record may be
MOST_ASKED = 2000  # records asked for one by one, of those the list does not show
MOST_TWINS = 1000
FEW = 20  # rows, of which any number may be missing in the list

# A statement for each page. A row that somebody saw later, or a card that was put elsewhere meanwhile, is left alone.
_NOTE_CONTACTS = """
UPDATE integrations.ghl_contacts t SET remote = v.remote, dnd = v.dnd, dnd_settings = v.dnd_settings, seen_at = %(began)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS v(pk bigint, ghl_id text, remote jsonb, dnd boolean, dnd_settings jsonb)
WHERE t.st_customer_id = v.pk AND t.ghl_id = v.ghl_id AND (t.seen_at IS NULL OR t.seen_at < %(began)s)
"""
_NOTE_CARDS = """
UPDATE integrations.ghl_opportunities t
SET remote = v.remote, moved_by_human = v.moved_by_human, reason = v.reason, seen_at = %(began)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS v(pk bigint, ghl_id text, remote jsonb, moved_by_human boolean, reason text,
    pipeline_id text, stage_id text, status text, state text)
WHERE t.id = v.pk AND t.ghl_id = v.ghl_id AND (t.seen_at IS NULL OR t.seen_at < %(began)s)
    AND (t.pipeline_id, t.stage_id, t.status, t.state) = (v.pipeline_id, v.stage_id, v.status, v.state)
"""


def reconcile(client: Client, stats: Stats, progress: Progress | None = None, run: SyncRun | None = None) -> Report:
    """`run`: whose log lines what was found belongs to. Raises the GhlErrors that concern all records; a restart begins anew."""
    report, progress = Report(), progress or Progress()
    contacts = Walk(Contact, client.all_contacts(stats), adoption.of_contacts(client, stats, run), report.contacts, progress, run)
    cards = Walk(
        Opportunity, client.all_opportunities(stats), adoption.of_opportunities(client, stats, run), report.opportunities,
        progress, run,
    )  # fmt: skip
    report.problem = contacts.compare() or cards.compare()
    prune()
    return report


@dataclass
class Walk:
    """Of all records of one kind."""

    model: type[Contact] | type[Opportunity]
    records: Iterator[Record]
    adopting: Adoption
    part: Part
    progress: Progress
    run: SyncRun | None = None
    twins: list[Twin] = field(default_factory=list)
    differing: list[Any] = field(default_factory=list)

    def compare(self) -> str:
        """'' or what is wrong with the list as a whole."""
        started, name = timezone.now(), str(self.model._meta.verbose_name_plural)
        rows = self._rows().filter(ghl_id__isnull=False, gone_at__isnull=True)
        known = rows.count()
        self.progress.begin(name, known, known / PAGE * 10 / settings.GHL_CALLS_PER_10_S)
        while page := list(islice(self.records, PAGE)):
            self._page({str(record["id"]): record for record in page}, timezone.now())
            for _ in page:
                self.progress.step(name)
        self._settle_twins(started)
        unseen = rows.filter(Q(seen_at__isnull=True) | Q(seen_at__lt=started - LAG))
        problem = _unbelievable(known, unseen.count(), name)
        if not problem:
            self._ask_for(unseen)
        self._sum_up(started)
        self.progress.end(name)
        return problem

    def _rows(self) -> Any:
        return self.model._default_manager

    # A page

    def _page(self, page: dict[str, Record], began: datetime) -> None:
        self.part.at_ghl += len(page)
        rows = {row.ghl_id: row for row in self._rows().filter(ghl_id__in=page)}
        same, changed = [], []
        for id, row in rows.items():
            if row.gone_at is not None:
                self._ask(row)
                continue
            found = columns(row, page[id], whole=False)
            if not changes(row, found):
                same.append(row)
            elif row.seen_at and row.seen_at > began - LAG:  # the list may show it as it was before that
                self._ask(row)
                continue
            else:
                changed.append((row, found))
            self._compare(row, page[id])
        self._note(changed, began)
        self._touch(same, began)
        self._repair()
        self._close_events(rows, began)
        self._look_at_strangers([record for id, record in page.items() if id not in rows], began)

    def _note(self, changed: list[tuple[Pushed, Record]], began: datetime) -> None:
        if not changed:
            return
        self.part.changed += len(changed)
        names = ("remote", "dnd", "dnd_settings") if self.model is Contact else (
            "remote", "moved_by_human", "reason", "state", *PLACE.values()
        )  # fmt: skip
        rows = [
            {"pk": row.pk, "ghl_id": row.ghl_id} | {name: found.get(name, getattr(row, name)) for name in names}
            for row, found in changed
        ]
        statement = _NOTE_CONTACTS if self.model is Contact else _NOTE_CARDS
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(statement, {"rows": json.dumps(rows), "began": began})

    def _touch(self, rows: Iterable[Pushed], began: datetime) -> None:
        seen = self._rows().filter(pk__in=[row.pk for row in rows]).filter(Q(seen_at__isnull=True) | Q(seen_at__lt=began))
        seen.update(seen_at=began)

    def _close_events(self, rows: Iterable[Any], began: datetime) -> None:
        """Of what the push did the list tells as well as reading each record would."""
        events = WebhookEvent.objects.filter(record_id__in=list(rows), done_at__isnull=True, type__in=ECHOES)
        events.filter(received_at__lt=began - LAG).update(done_at=Now())

    def _compare(self, row: Pushed, record: Record) -> None:
        """What people changed in fields that we send. While the push has it to look at, it may be about to change."""
        if row.state != State.SENT or (row.due_at is not None and row.due_at <= timezone.now()):
            return
        names = drift(row, record, self.adopting.our_field)
        if not names:
            return
        self.part.add_differing(row, names)
        self.differing.append(row.pk)

    def _repair(self) -> None:
        ids, self.differing = self.differing, []
        if settings.GHL_REPAIR_DRIFT and ids:
            rows = self._rows().filter(pk__in=ids, state=State.SENT, draft__isnull=True)
            self.part.repaired += rows.update(sent_hash="", due_at=Now())

    def _look_at_strangers(self, records: list[Record], began: datetime) -> None:
        done = self.adopting.look_at(records, began)
        self.part.adopted += done.adopted
        self.part.not_ours += done.strangers
        room = MOST_TWINS - len(self.twins)
        self.twins += done.twins[:room]
        self.part.unchecked += len(done.twins[room:])

    # Afterwards

    def _settle_twins(self, started: datetime) -> None:
        flagged = set()
        for twin in self.twins:
            outcome = self.adopting.settle(twin)
            if outcome == "twice":
                self.part.add_twin(twin.row, twin.other)
                flagged.add(twin.row.pk)
            self.part.adopted += outcome == "adopted"
        healed = self._rows().filter(state=State.CONFLICT, reason__startswith=TWICE).exclude(pk__in=flagged)
        healed.update(state=State.SENT, reason="", due_at=Now())  # the push says what it is now

    def _ask_for(self, unseen: Any) -> None:
        for row in list(unseen.order_by("pk")[:MOST_ASKED]):
            self._ask(row)
        self._repair()
        self.part.unchecked += unseen.count()

    def _ask(self, row: Pushed) -> None:
        """What the list cannot tell. A record that is refused is left to the next comparison."""
        assert row.ghl_id is not None
        began = timezone.now()
        try:
            record = self.adopting.get(row.ghl_id)
        except NotAuthorized:
            raise
        except (Refused, BadAnswer) as error:
            log.warning("A record of GoHighLevel could not be read: %s", error)
            return
        if record is None:
            self.part.gone += row.gone_at is None and note_gone(row, began, self.run)
            return
        found = columns(row, record, whole=True)
        self.part.changed += bool(changes(row, found) or row.gone_at)
        note(row, found, began)
        self._compare(row, record)

    def _sum_up(self, started: datetime) -> None:
        wanted = self._rows().filter(~Q(state=State.SKIPPED) | Q(ghl_id__isnull=False, gone_at__isnull=True))
        self.part.should = wanted.count()
        self.part.there = wanted.filter(ghl_id__isnull=False, gone_at__isnull=True, seen_at__gte=started - LAG).count()
        if self.model is Opportunity:
            self.part.moved = Opportunity.objects.filter(moved_by_human=True, gone_at__isnull=True).count()
        states = self._rows().values("state").annotate(number=Count("pk")).order_by("state")
        self.part.states = {row["state"]: row["number"] for row in states}


def _unbelievable(known: int, unseen: int, name: str) -> str:
    if known < FEW or unseen * 2 <= known:
        return ""
    return (
        f"GoHighLevel's list shows {known - unseen:,} of {known:,} {name} that are known to be there: nothing was marked as "
        "deleted. Is GHL_LOCATION_ID the right sub-account?"
    )

