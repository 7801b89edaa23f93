"""The ledger: whose word counts, that it only grows, and that the database gives no claim without it."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction

from automation.messaging import addresses, consent, dnd
from automation.messaging.consent import BadAddress
from automation.messaging.models import Consent, Message
from config.isolation.actor import acting_as
from tests.automation.messaging.conftest import NOON, heard
from tests.mirror import customer, email, load, phone

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

PHONE, EMAIL = "+16025550123", "ann@example.com"


def allowed(channel: str = "sms", purpose: str = "service", address: str = "") -> bool:
    return consent.standing(channel, address or (PHONE if channel == "sms" else EMAIL), purpose).allowed


def ann(**more: Any) -> None:
    load("customers", customer(1, "Ann", **more))
    load("contacts", phone(11, 1, "(602) 555-0123"), email(12, 1, "Ann@Example.com"))
    heard()


def test_what_was_given_to_the_office_may_be_used_for_the_work(unit: None) -> None:
    assert not allowed(), "nobody said anything"
    ann()
    assert allowed() and allowed("email") and allowed("email", "marketing")
    assert not allowed("sms", "marketing"), "texts that sell something want a yes of their own"


@pytest.mark.parametrize(
    ("opt_in", "preference", "may"),
    [
        ("explicit", True, False), ("preference", True, True), ("preference", None, False), ("number", None, True),
        ("number", False, False),
    ],
)  # fmt: skip
def test_what_counts_as_a_yes_to_marketing_texts(
    unit: None, settings: Any, opt_in: str, preference: bool | None, may: bool
) -> None:
    settings.MESSAGING_SMS_OPT_IN = opt_in
    load("customers", customer(1))
    load("contacts", phone(11, 1, PHONE, preferences={"marketingUpdatesEnabled": preference}))
    heard()
    assert allowed("sms", "marketing") == may


@pytest.mark.parametrize(
    ("of_customer", "of_contact", "service", "marketing"),
    [
        ({"doNotService": True}, {}, False, False),
        ({"doNotMail": True}, {}, True, False),
        ({}, {"phoneSettings": {"doNotText": True}}, False, False),
        ({}, {"preferences": {"marketingUpdatesEnabled": False}}, True, False),
        ({}, {"preferences": {"jobRemindersEnabled": False}}, False, True),
    ],
)
def test_what_the_office_noted(
    unit: None, settings: Any, of_customer: dict[str, Any], of_contact: dict[str, Any], service: bool, marketing: bool
) -> None:
    settings.MESSAGING_SMS_OPT_IN = "number"
    load("customers", customer(1, **of_customer))
    load("contacts", phone(11, 1, PHONE, **of_contact))
    heard()
    assert (allowed("sms", "service"), allowed("sms", "marketing")) == (service, marketing)


def test_a_note_that_comes_and_goes_is_three_words_and_no_more(unit: None) -> None:
    ann()
    for flag in (True, True, False):
        load("customers", customer(1, "Ann", doNotService=flag))
        heard()
        heard()
    words = Consent.objects.filter(channel="sms", purpose="service").order_by("id").values_list("allowed", flat=True)
    assert list(words) == [True, False, True]
    assert allowed()


def test_a_number_that_two_customers_share_is_as_restricted_as_either(unit: None) -> None:
    ann()
    load("customers", customer(2, doNotService=True))
    load("contacts", phone(21, 2, PHONE))
    heard()
    assert not allowed()
    load("contacts", phone(21, 2, "+16025559999"))
    heard()
    assert allowed(), "the other one has another number now"


def test_a_contact_that_is_gone_takes_its_yes_along(unit: None) -> None:
    ann()
    load("contacts", phone(11, 1, PHONE, active=False))
    heard()
    assert not allowed() and allowed("email")


def test_the_office_does_not_undo_a_stop_and_a_start_not_what_the_office_noted(unit: None) -> None:
    ann()
    consent.said("sms", PHONE, NOON, allowed=False, source="STOP", why="They wrote STOP.")
    load("customers", customer(1, "Ann", doNotMail=True))
    heard()
    load("customers", customer(1, "Ann", doNotMail=False))
    heard()
    assert not allowed()
    load("customers", customer(1, "Ann", doNotService=True))
    heard()
    consent.said("sms", PHONE, NOON, allowed=True, source="START", why="They wrote START.")
    assert not allowed()
    load("customers", customer(1, "Ann", doNotService=False))
    heard()
    assert allowed() and allowed("sms", "marketing"), "they said so themselves"


def test_gohighlevels_do_not_disturb_is_a_no_and_its_end_is_no_yes(unit: None) -> None:
    ann()
    _at_ghl(dnd=False, settings='{"sms": "active"}')
    assert (dnd.compare(NOON), dnd.compare(NOON)) == (2, 0)
    assert not allowed() and allowed("email")
    _at_ghl(dnd=True, settings="{}")
    dnd.compare(NOON)
    assert not allowed() and not allowed("email")
    _at_ghl(dnd=False, settings="{}")
    dnd.compare(NOON)
    assert allowed() and allowed("email") and not allowed("sms", "marketing")
    with pytest.raises(IntegrityError, match="messaging_consent_ghl"):
        Consent.objects.create(channel="sms", address=PHONE, purpose="service", witness="ghl", allowed=True, source="x", at=NOON)


def _at_ghl(*, dnd: bool, settings: str) -> None:
    with acting_as("ghl"), connections["ghl"].cursor() as cursor:
        cursor.execute("DELETE FROM integrations.ghl_contacts")
        cursor.execute(
            "INSERT INTO integrations.ghl_contacts (st_customer_id, state, reason, attempts, sent_hash, adopted, name, tags, "
            "phone, dnd, dnd_settings) VALUES (1, 'sent', '', 0, '', false, 'Ann', '[]', %s, %s, %s::jsonb)",
            [PHONE, dnd, settings],
        )


@pytest.mark.parametrize("statement", ["UPDATE {} SET allowed = true", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_ledger_only_grows(unit: None, statement: str) -> None:
    ann()
    with pytest.raises(DatabaseError, match="only grows"), connections["automation"].cursor() as cursor:
        cursor.execute(statement.format("automation.messaging_consent"))


def message(**more: Any) -> Message:
    usual: dict[str, Any] = {
        "key": "1:1", "kind": "sms", "purpose": "service", "template": "t", "customer_id": 1, "entity": "customer",
        "entity_id": 1, "wanted_at": NOON, "due_at": NOON, "address": PHONE,
    }  # fmt: skip
    return Message(**{**usual, **more})


def test_the_database_gives_no_claim_without_consent(unit: None) -> None:
    with pytest.raises(IntegrityError, match="no consent to service by sms"), transaction.atomic(using="automation"):
        message(state="sending", claim=1).save()
    ann()
    sent = message(state="sending", claim=1)
    sent.save()
    consent.said("sms", PHONE, NOON, allowed=False, source="STOP", why="")
    for values in ({"claim": 2}, {"state": "sending"}):
        with pytest.raises(IntegrityError, match="no consent"), transaction.atomic(using="automation"):
            Message.objects.filter(pk=sent.pk).update(**values)
    Message.objects.filter(pk=sent.pk).update(state="sent")  # it had left before
    with pytest.raises(IntegrityError, match="messaging_keep_claim"), transaction.atomic(using="automation"):
        Message.objects.filter(pk=sent.pk).update(claim=3)
    for state in ("sent", "delivered", "unknown", "failed"):
        with pytest.raises(IntegrityError, match="messaging_messages_claimed"), transaction.atomic(using="automation"):
            message(key=state, state=state).save()
        with pytest.raises(IntegrityError, match="messaging_keep_claim"), transaction.atomic(using="automation"):
            message(key=state, state=state, claim=9).save()
    message(key="staff", kind="staff", state="sending", claim=4, address="office@example.com").save()


def test_evidence_for_one_person(unit: None) -> None:
    ann()
    consent.said("email", EMAIL, NOON, allowed=False, source="staff", why="Said so on the phone.", who="Eve", customer_id=1)
    rows = consent.evidence(1)
    assert {row["address"] for row in rows} == {PHONE, EMAIL}
    assert rows[-1]["said"] == "no" and rows[-1]["noted_by"] == "Eve" and rows[-1]["at"].endswith("-07:00")
    assert consent.evidence(None, PHONE) == [row for row in rows if row["address"] == PHONE]


def test_bad_addresses_are_told() -> None:
    with pytest.raises(BadAddress, match="write a phone number such as"):
        consent.normal("sms", "12")
    assert consent.normal("email", " Ann@Example.com") == EMAIL


def test_the_first_look_is_at_everybody(unit: None, settings: Any) -> None:
    load("customers", *(customer(id) for id in range(1, 31)))
    load("contacts", *(phone(100 + id, id) for id in range(1, 31)))
    wait = addresses.AT_A_TIME
    addresses.AT_A_TIME = 7
    try:
        assert addresses.catch_up(NOON).changes == 30
    finally:
        addresses.AT_A_TIME = wait
    assert Consent.objects.filter(allowed=True, channel="sms", purpose="service").count() == 30
