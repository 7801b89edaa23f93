"""What the buttons ask for, word by word, and what they say where there is nothing to do."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from integrations.ghl.push import decisions
from integrations.models import Contact, Draft, Opportunity, SyncLog, SyncRun
from tests.integrations.ghl.admin.conftest import Ghl, Queued, text_of, url

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
GONE = {"gone_at": timezone.now(), "state": "conflict", "reason": "The contact was deleted at GoHighLevel."}


def test_a_decision_names_the_draft_and_who_decided(operator: Client, ghl: Ghl, queued: Queued) -> None:
    first, second = ghl.draft(), ghl.draft()
    operator.post(url(Draft, "approve", first.pk))
    operator.post(url(Draft, "reject", second.pk))
    who = {"who": "olga", "trigger": "admin: olga"}
    assert queued() == [
        ("ghl.decide", {"draft": first.pk, "approve": True, **who}),
        ("ghl.decide", {"draft": second.pk, "approve": False, **who}),
    ]
    assert Draft.objects.filter(state="open").count() == 2  # the unit's to change


def test_a_draft_that_is_decided_cannot_be_decided_again(operator: Client, ghl: Ghl, queued: Queued) -> None:
    draft = ghl.draft(state="rejected", decided_by="ann", decided_at=timezone.now())
    assert "It was rejected by ann" in text_of(operator, url(Draft, "approve", draft.pk))
    operator.post(url(Draft, "approve", draft.pk))
    assert queued() == []
    assert url(Draft, "approve", draft.pk) not in text_of(operator, url(Draft, "change", draft.pk))


def test_chosen_rows_of_the_log_are_asked_for_by_kind_each_once(operator: Client, ghl: Ghl, queued: Queued) -> None:
    logs = [ghl.log(11), ghl.log(11), ghl.log(12), ghl.log(5, kind="opportunity")]
    chosen = {"action": "try_selected", "_selected_action": [str(log.pk) for log in logs]}
    asked = operator.post(url(SyncLog, "changelist"), chosen)
    assert b"Try 4 records again?" in asked.content and queued() == []
    operator.post(url(SyncLog, "changelist"), {**chosen, "confirmed": "1"})
    given = {"who": "olga", "trigger": "admin: olga"}
    assert queued() == [
        ("ghl.retry", {"kind": "contact", "ids": [11, 12], **given}),
        ("ghl.retry", {"kind": "opportunity", "ids": [5], **given}),
    ]


def test_all_of_a_kind_are_asked_for_by_their_state(operator: Client, ghl: Ghl, queued: Queued) -> None:
    operator.post(url(Opportunity, "try_failed"))
    operator.post(url(Contact, "try_conflicts"))
    given = {"who": "olga", "trigger": "admin: olga"}
    assert queued() == [
        ("ghl.retry", {"kind": "opportunity", "state": "failed", **given}),
        ("ghl.retry", {"kind": "contact", "state": "conflict", **given}),
    ]


def test_what_was_deleted_there_is_made_again_and_nothing_else_is(operator: Client, ghl: Ghl, queued: Queued) -> None:
    gone, there = ghl.contact(11, **GONE), ghl.contact(12)
    operator.post(url(Contact, "make_again", there.pk))
    operator.post(url(Contact, "try_again", gone.pk))
    assert queued() == []
    operator.post(url(Contact, "make_again", gone.pk))
    assert queued() == [("ghl.make_again", {"kind": "contact", "id": 11, "trigger": "admin: olga"})]
    page = text_of(operator, url(Contact, "change", gone.pk))
    assert url(Contact, "make_again", gone.pk) in page and url(Contact, "try_again", gone.pk) not in page


def test_nothing_is_asked_for_while_the_switch_is_off(
    operator: Client, ghl: Ghl, queued: Queued, settings: Settings
) -> None:
    settings.GHL_SYNC_ENABLED = False
    page = text_of(operator, url(SyncRun, "sync_now"))
    assert "Nothing is sent" in page and "GHL_SYNC_ENABLED" in page
    operator.post(url(SyncRun, "sync_now"))
    assert queued() == []


def test_the_unit_looks_again_at_the_chosen_ones_alone(ghl: Ghl) -> None:
    for id in (11, 12, 13):
        ghl.contact(id, state="conflict")
    ghl.contact(14, **GONE)
    with acting_as("ghl"):
        assert decisions.look_again("contact", ids=[11, 12, 14]) == 2
    due = Contact.objects.filter(due_at__isnull=False, sent_hash="")
    assert sorted(due.values_list("pk", flat=True)) == [11, 12]
