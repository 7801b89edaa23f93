"""What the provider and people tell: verified, stored once, and made sense of by the worker."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connections
from django.test import Client
from django.urls import resolve
from pytest_django.fixtures import Settings

from automation.messaging import answering, consent
from automation.messaging.models import Answer, Consent, Inbox, Message
from automation.messaging.webhooks import links
from automation.messaging.webhooks.signatures import signature
from automation.workflows.models import Run
from config.isolation.actor import acting_as
from tests.automation.messaging.delivery.conftest import Office, number

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

SITE, TOKEN = "https://hub.example.com", "the-auth-token"
FORM = "application/x-www-form-urlencoded"
STATUS, INBOUND = "/webhooks/twilio/status/{}/", "/webhooks/twilio/inbound/"


@pytest.fixture(autouse=True)
def site(office: Office, settings: Settings) -> None:
    settings.HUB_PUBLIC_URL, settings.BACKOFFICE_TWILIO_AUTH_TOKEN = SITE, TOKEN


def tell(path: str, token: str = TOKEN, site: str = SITE, **fields: str) -> int:
    signed = signature(f"{site}{path}", {name: [value] for name, value in fields.items()}, token)
    with acting_as("backoffice"):
        return Client().post(path, fields, headers={"X-Twilio-Signature": signed}).status_code


def heard(office: Office) -> None:
    with acting_as("automation"):
        answering.answer(office.now)


def test_the_signature_is_the_vendors() -> None:
    """The example of the vendor's documentation."""
    fields = {"CallSid": ["CA1234567890ABCDE"], "Caller": ["+14158675309"], "Digits": ["1234"], "From": ["+14158675309"],
              "To": ["+18005551212"]}  # fmt: skip
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature(url, fields, "12345") == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize("token", ["wrong", ""])
def test_what_is_not_signed_is_refused(office: Office, settings: Settings, token: str) -> None:
    assert tell(INBOUND, "wrong", MessageSid="SM1", From=number(1), Body="STOP") == 403
    settings.BACKOFFICE_TWILIO_AUTH_TOKEN = token and TOKEN
    assert tell(INBOUND, token, MessageSid="SM1", From=number(1), Body="STOP") == 403
    assert not Inbox.objects.exists()


@pytest.mark.parametrize(
    ("known", "signed"),
    [("https://hub.example.com", "https://hub.example.com:443"), ("https://hub.example.com:8443", "https://hub.example.com"),
     ("https://hub.example.com:8443", "https://hub.example.com:8443")],
)  # fmt: skip
def test_the_vendor_signs_with_the_port_or_without(office: Office, settings: Settings, known: str, signed: str) -> None:
    settings.HUB_PUBLIC_URL = known
    assert tell(INBOUND, site=signed, MessageSid="SM1", From=number(1), Body="STOP") == 200
    assert tell(STATUS.format("9:1:0"), site=signed, MessageSid="SM1", MessageStatus="sent") == 200
    assert tell(INBOUND, site="https://other.example.com", MessageSid="SM1", From=number(1), Body="STOP") == 403


@pytest.mark.parametrize("given", ["é", "", "=", "x" * 5000])
def test_nonsense_instead_of_a_signature(office: Office, given: str) -> None:
    with acting_as("backoffice"):
        answer = Client().post(INBOUND, {"MessageSid": "SM1", "From": "x"}, headers={"X-Twilio-Signature": given})
    assert answer.status_code == 403 and not Inbox.objects.exists()


def test_a_form_that_cannot_be_read(office: Office) -> None:
    with acting_as("backoffice"):
        for body in (b"x" * 100, b"--x\r\nbad"):
            kind = "multipart/form-data; boundary="
            assert Client().post(INBOUND, body, content_type=kind).status_code == 400
        assert Client().post(INBOUND, "&".join(f"a{n}=" for n in range(2000)), content_type=FORM).status_code == 400


def test_the_address_of_a_status_leads_to_its_view() -> None:
    for key in ("9:1:0", "a b é?%#", "123:45:6"):
        assert resolve(unquote(links.status_url(key).removeprefix(SITE))).kwargs == {"key": key}


def test_the_web_process_can_only_put_it_there(office: Office) -> None:
    with acting_as("backoffice"), connections["default"].cursor() as cursor, pytest.raises(Exception, match="permission denied"):
        cursor.execute("SELECT * FROM automation.messaging_inbox")


def test_a_stop_counts_at_once_and_however_often_it_is_told(office: Office) -> None:
    office.usual()
    office.send()
    for _ in range(2):
        assert tell(INBOUND, MessageSid="SM1", From=number(1), Body="Stop.") == 200
    heard(office)
    assert tell(INBOUND, MessageSid="SM1", From=number(1), Body="Stop.") == 200
    heard(office)
    assert Answer.objects.get().meaning == "stop" and not Inbox.objects.exists()
    assert Consent.objects.filter(source="STOP").count() == 2, "once for each purpose"
    assert not consent.standing("sms", number(1), "service").allowed
    assert office.why()[-1] == "answered: note: They wrote: Stop."
    assert tell(INBOUND, MessageSid="SM2", From=number(1), Body="yes") == 200
    heard(office)
    assert consent.standing("sms", number(1), "service").allowed, "yes means start for who has stopped"


def test_yes_is_an_answer_for_everybody_else(office: Office) -> None:
    office.customer(1)
    tell(INBOUND, MessageSid="SM1", From=number(1), Body="Yes")
    office.decide()
    heard(office)
    assert Answer.objects.get().meaning == "reply" and not Consent.objects.filter(witness="person").exists()


@pytest.mark.parametrize("text", ["Please stop by at noon", "I cannot end the call"])
def test_a_sentence_is_no_stop_and_ends_the_series(office: Office, text: str) -> None:
    office.customer(1)
    office.template()
    office.workflow({"do": "send sms", "template": "note"}, {"do": "wait", "for": "2d"}, {"do": "send sms", "template": "note"})
    office.estimate(1)
    office.decide()
    office.send()
    assert tell(INBOUND, MessageSid="SM9", From=number(1), Body=text) == 200
    heard(office)
    run = Run.objects.get()
    assert (run.state, Answer.objects.get().meaning) == ("stopped", "reply") and "conversation between people" in run.reason
    office.later(days=3)
    office.fresh()
    office.decide()
    office.send()
    assert len(office.sent) == 1


def test_how_a_message_fares(office: Office) -> None:
    office.usual()
    office.send()
    message = Message.objects.get()
    path = STATUS.format(message.key)
    for state in ("delivered", "sent"):  # out of order
        assert tell(path, MessageSid=message.provider_id, MessageStatus=state, To=number(1)) == 200
    heard(office)
    message.refresh_from_db()
    assert message.state == "delivered" and message.settled_at == office.now


def test_a_callback_tells_of_a_call_whose_answer_was_lost(office: Office) -> None:
    office.usual()
    office.fault({"method": "POST", "action": "status", "status": 500, "commit": True})
    office.send()
    message = Message.objects.get()
    sid = next(iter(office.app.store.messages))
    assert message.state == "sending"
    tell(STATUS.format(message.key), MessageSid=sid, MessageStatus="delivered", To=number(1))
    heard(office)
    message.refresh_from_db()
    assert (message.state, message.provider_id) == ("delivered", sid)
    office.later(minutes=30)
    office.send()
    assert len(office.sent) == 1


def test_the_carrier_did_not_deliver(office: Office) -> None:
    office.usual()
    office.send()
    message = Message.objects.get()
    tell(STATUS.format(message.key), MessageSid=message.provider_id, MessageStatus="undelivered", ErrorCode="30003", To=number(1))
    heard(office)
    message.refresh_from_db()
    assert (message.state, message.error_code) == ("undelivered", "30003") and "30003" in message.reason


def test_a_status_of_somebody_elses_message_changes_nothing(office: Office) -> None:
    office.usual()
    office.send()
    message = Message.objects.get()
    tell(STATUS.format(message.key), MessageSid="SMother", MessageStatus="failed", To=number(1))
    heard(office)
    message.refresh_from_db()
    assert message.state == "sent" and Answer.objects.get().meaning == "about no message of ours"


def page(path: str, method: str = "get") -> Any:
    with acting_as("backoffice"):
        return getattr(Client(enforce_csrf_checks=True), method)(path)


def test_unsubscribing_takes_a_post_and_leaves_the_rest(office: Office) -> None:
    office.customer(1)
    office.decide()
    url = links.unsubscribe_url("c1@example.com", "1:1:0")
    path = url.removeprefix(SITE)
    assert "c1@" not in url and url.startswith(f"{SITE}/webhooks/unsubscribe/")
    assert b"Unsubscribe?" in page(path).content and not Inbox.objects.exists()
    for _ in range(2):
        assert b"You are unsubscribed" in page(path, "post").content
    heard(office)
    assert not consent.standing("email", "c1@example.com", "marketing").allowed
    assert consent.standing("email", "c1@example.com", "service").allowed
    assert {answer.meaning for answer in Answer.objects.all()} == {"stop"}


def test_an_old_link_works_again_for_who_said_yes_meanwhile(office: Office) -> None:
    office.customer(1)
    office.decide()
    path = links.unsubscribe_url("c1@example.com", "1:1:0").removeprefix(SITE)
    page(path, "post")
    heard(office)
    for answer in Answer.objects.all():  # it was a while ago
        Answer.objects.filter(pk=answer.pk).update(key=re.sub(r":\d{12}:", ":202601010000:", answer.key))
    assert ":202601010000:" in Answer.objects.get().key
    with acting_as("automation"):
        consent.said("email", "c1@example.com", office.now, allowed=True, source="staff", why="They called.")
    assert consent.standing("email", "c1@example.com", "marketing").allowed
    page(path, "post")
    heard(office)
    assert not consent.standing("email", "c1@example.com", "marketing").allowed


@contextmanager
def away() -> Iterator[None]:
    """The inbox is not there."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE automation.messaging_inbox RENAME TO messaging_elsewhere")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE automation.messaging_elsewhere RENAME TO messaging_inbox")


def test_nobody_is_told_that_it_is_done_when_it_is_not(office: Office) -> None:
    path = links.unsubscribe_url("c1@example.com", "1:1:0").removeprefix(SITE)
    with away():
        assert tell(INBOUND, MessageSid="SM1", From=number(1), Body="STOP") == 503
        answer = page(path, "post")
    assert answer.status_code == 503 and b"try again" in answer.content and b"You are unsubscribed" not in answer.content
    assert tell(INBOUND, MessageSid="SM1", From=number(1), Body="STOP") == 200, "and then it is new"
    assert Inbox.objects.count() == 1


def test_unseen_characters_and_very_long_ones(office: Office) -> None:
    assert tell(INBOUND, MessageSid="SM1\0", From=number(1), Body="a\0b" + "x" * 5000) == 200
    told = Inbox.objects.get()
    assert told.provider_id == "SM1" and told.text.startswith("abxx") and len(told.text) == 2000


def test_the_page_is_for_everybody(office: Office) -> None:
    path = links.unsubscribe_url("c1@example.com", "1:1:0").removeprefix(SITE)
    shown = page(path).content.decode()
    assert '<html lang="en">' in shown and 'name="robots" content="noindex"' in shown and "c1@example.com" in shown
    assert '<form method="post">' in shown and '<button type="submit">Unsubscribe</button>' in shown and "<script" not in shown
    assert page(path, "head").status_code == 200 and page(path, "put").status_code == 405 and not Inbox.objects.exists()


@pytest.mark.parametrize("token", ["x", "a" * 500, "gAAAAABl" + "x" * 80])
def test_a_link_that_is_none_of_ours(office: Office, token: str) -> None:
    answer = page(f"/webhooks/unsubscribe/{token}/", "post")
    assert answer.status_code == 404 and b"does not work" in answer.content and not Inbox.objects.exists()


def test_too_much_and_too_little(office: Office) -> None:
    assert tell(INBOUND, MessageSid="SM1", From=number(1), Body="x" * 70_000) == 413
    assert tell(INBOUND, Body="x") == 400
    assert tell(STATUS.format("k"), MessageSid="SM1") == 400
    with acting_as("backoffice"):
        assert Client().get(INBOUND).status_code == 405
