"""What a push and a comparison left, and people who look at it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from config.isolation import switches
from config.isolation.actor import acting_as
from integrations.ghl.models import Account, Contact, Draft, Opportunity, StageRule, SyncLog, SyncRun
from tests.backoffice.conftest import boss, drain, operator, plain_settings, stranger
from tests.integrations.ghl.push.mirror import customer, estimate, load

__all__ = ["boss", "operator", "plain_settings", "stranger"]

PIPELINES = [
    {"id": "p1", "name": "Sales", "stages": [{"id": "s1", "name": "Proposal Sent"}, {"id": "s2", "name": "Sold"}]},
    {"id": "p2", "name": "Install", "stages": [{"id": "s3", "name": "Scheduled"}]},
]
Queued = Callable[[], list[tuple[str, dict[str, Any]]]]


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:integrations_{name}", args=args)


@pytest.fixture
def queued() -> Iterator[Queued]:
    """Takes what waits in the queue `ghl`."""
    drain("ghl")
    yield partial(drain, "ghl")
    drain("ghl")


@dataclass(frozen=True)
class Left:
    """One of each."""

    run: SyncRun
    compared: SyncRun
    sent: Contact
    conflict: Contact
    gone: Contact
    skipped: Contact
    card: Opportunity
    draft: Draft
    entry: SyncLog
    rule: StageRule


@pytest.fixture
def left(transactional_db: None) -> Left:
    switches.publish()
    load("customers", *(customer(id, f"Person {id}") for id in (1, 2, 3, 4)))
    load("estimates", estimate(77, 1))
    now = timezone.now()
    with acting_as("ghl"):
        Account.objects.create(location_id="loc1", name="Desert Air", pipelines=PIPELINES, seen_at=now,
                               fields={"contact.st_customer_id": "f1"}, lost_reasons=[{"id": "r1", "name": "Price"}])  # fmt: skip
        run = SyncRun.objects.create(mode="incremental", trigger="schedule", state="partial", started_at=now, finished_at=now,
                                     created=2, failed=1, conflicts=1, api_calls=7)  # fmt: skip
        differs = {"id": 2, "ghl_id": "g2", "fields": ["city"]}
        part = {"should": 4, "there": 2, "missing": 2, "differ": 1, "at_ghl": 9, "not_ours": 7, "differing": [differs],
                "twins": [{"id": 1, "ghl_ids": ["g1", "g9"]}]}  # fmt: skip
        compared = SyncRun.objects.create(mode="reconcile", trigger="schedule", state="succeeded", started_at=now,
                                          parity={"contacts": part, "opportunities": {"should": 1, "there": 1}})  # fmt: skip
        same = {"sent_at": now, "seen_at": now, "state": "sent"}
        sent = Contact.objects.create(
            st_customer_id=1, name="Person 1", ghl_id="g1", email="p1@example.com", phone="+16025550001", tags=["st-vip"],
            sent={"city": "Mesa", "firstName": "Person"}, remote={"city": "mesa ", "firstName": "Person", "tags": ["st-vip"]},
            **same,
        )  # fmt: skip
        conflict = Contact.objects.create(
            st_customer_id=2, name="Person 2", ghl_id="g2", sent={"city": "Mesa"}, remote={"city": "Troy"}, sent_at=now,
            seen_at=now, state="conflict", reason="GoHighLevel kept another city.",
        )  # fmt: skip
        gone = Contact.objects.create(st_customer_id=3, name="Person 3", ghl_id="g3", state="conflict", gone_at=now,
                                      reason="The contact was deleted at GoHighLevel.")  # fmt: skip
        skipped = Contact.objects.create(st_customer_id=4, state="skipped", reason="No phone number and no e-mail address.")
        card = Opportunity.objects.create(
            st_customer_id=1, slot=77, st_estimate_id=77, ghl_id="c77", name="Heat pump", pipeline_id="p1", stage_id="s1",
            status="open", value="1080.50", happened="proposal_sent", moved_by_human=True,
            remote={"pipelineId": "p1", "pipelineStageId": "s2", "status": "won"}, **same,
        )  # fmt: skip
        draft = Draft.objects.create(
            made_at=now, changes=60, sent_contacts=100, fields={"city": 60},
            sample=[{"customer": 1, "name": "Person 1", "changes": {"city": ["Mesa", "<b>Troy</b>"]}}],
        )  # fmt: skip
        entry = SyncLog.objects.create(
            run=run, at=now, kind="contact", record_id=1, ghl_id="g1", act="create", state="sent", attempts=0,
            request={"email": "•••", "tags": ["st-vip"]}, answer={"id": "g1"}, next_try_at=now + timedelta(hours=1),
        )  # fmt: skip
    with acting_as("backoffice"):
        rule = StageRule.objects.create(happened="proposal_sent", pipeline_id="p1", stage_id="s1", suggested=True)
    return Left(run, compared, sent, conflict, gone, skipped, card, draft, entry, rule)
