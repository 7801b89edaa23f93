"""The whole way: the hub sends, the emulated Twilio calls the site back, signed, and the worker hears it."""

import logging

import pytest

from automation.messaging import consent
from automation.messaging.models import Answer, Consent, Inbox, Message
from tests.automation.messaging.delivery.conftest import number
from tests.automation.messaging.webhooks.conftest import Site

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def test_how_a_message_fares(site: Site) -> None:
    site.office.usual()
    site.office.send()
    assert site.hear() == 2 and site.told == {"200": 2} and site.rung >= 1
    message = Message.objects.get()
    assert message.state == "delivered" and ":" in message.key, "its key stands in the callback's address"
    assert [answer.state for answer in Answer.objects.order_by("id")] == ["sent", "delivered"]


def test_twice_forged_and_lost(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.office.usual()
    site.office.app.switches = site.office.app.switches.changed({"callback_twice": 1.0, "callback_forged": 1.0})
    with caplog.at_level(logging.WARNING):
        site.office.send()
        assert site.hear() == 2
    assert site.told == {"200": 4, "403": 2} and Message.objects.get().state == "delivered"
    warnings = [record.getMessage() for record in caplog.records if "signature" in record.getMessage()]
    assert len(warnings) == 1 and "HUB_PUBLIC_URL" in warnings[0], "one line a minute, whatever comes"
    assert not any("Forbidden" in record.getMessage() for record in caplog.records)


def test_a_call_whose_answer_was_lost_is_told_of(site: Site) -> None:
    """It need not even be asked for."""
    site.office.usual()
    site.office.fault({"method": "POST", "action": "status", "status": 500, "commit": True})
    site.office.send()
    site.hear()
    assert Message.objects.get().state == "delivered" and len(site.office.sent) == 1


def test_what_people_write(site: Site) -> None:
    site.office.usual()
    site.office.send()
    site.hear()
    site.office.app.callbacks.write(number(1), "", "STOP")
    assert site.hear() == 1 and Answer.objects.order_by("-id")[0].meaning == "stop"
    assert not consent.standing("sms", number(1), "service").allowed
    site.office.app.callbacks.write(number(1), "", "Grüße, can you come at 9? 👍 & thanks =)")
    site.hear()
    assert Answer.objects.order_by("-id")[0].text == "Grüße, can you come at 9? 👍 & thanks =)"


def test_a_word_of_the_accounts_own_stops_as_well(site: Site) -> None:
    """Advanced Opt-Out: Twilio blocks the number, so the ledger has to know."""
    site.office.customer(1)
    site.office.app.switches = site.office.app.switches.changed({"advanced_opt_out": True})
    for text in ("arret", "START", "HELP", "Hello"):
        site.office.app.callbacks.write(number(1), "", text)
        site.hear()
    meanings = list(Answer.objects.order_by("id").values_list("meaning", flat=True))
    assert meanings == ["stop", "start", "help", "reply"]
    assert list(Consent.objects.filter(witness="person", purpose="service").order_by("id").values_list("allowed", flat=True)) == [
        False, True,
    ]  # fmt: skip


def test_nothing_is_believed_where_the_site_is_called_by_another_name(site: Site) -> None:
    site.office.app.store.inbound_url = site.office.app.store.inbound_url.replace("127.0.0.1", "localhost")
    site.office.app.callbacks.write(number(1), "", "START")
    site.settle()
    assert site.told == {"403": 1} and not Inbox.objects.exists()
