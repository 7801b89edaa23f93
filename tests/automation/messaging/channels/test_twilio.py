"""Text messages over HTTP: a surely-not is told from a perhaps, and what was lost is found again."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from automation.messaging.channels import channel_of, twilio
from automation.messaging.channels.base import NotNow, Outgoing, Refused, Unclear
from automation.messaging.channels.twilio import Twilio
from automation.models import ApiCall
from config.isolation import switches
from config.isolation.actor import acting_as
from config.isolation.egress import calls
from config.isolation.models import SwitchChange
from tests.automation.messaging.channels.conftest import ANN, NOW, SENDER, Phone

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

SERVICE = f"MG{'0' * 32}"
POST = {"method": "POST"}
TEXT = "Hi Ann, see you at 9."


def error(code: int, status: int = 400, **more: Any) -> dict[str, Any]:
    """The vendor's answer in its own words."""
    body = json.dumps({"code": code, "message": f"about {ANN}", "more_info": "", "status": status})
    return {"action": "status", "status": status, "body": body, "content_type": "application/json", **more}


def test_a_text_is_sent(phone: Phone) -> None:
    accepted = phone.send()
    (sent,) = phone.app.store.messages.values()
    assert (accepted.provider_id, sent.to, sent.sender, sent.body) == (sent.sid, ANN, SENDER, TEXT)
    assert sent.callback == "https://hub.example.com/webhooks/twilio/status/9:1:0/"


def test_by_a_messaging_service_and_an_api_key(phone: Phone, settings: Settings) -> None:
    settings.TWILIO_MESSAGING_SERVICE_SID, settings.TWILIO_API_KEY, settings.HUB_PUBLIC_URL = SERVICE, f"SK{'1' * 32}", ""
    phone.send("“Grüße” — 🎉 & more = 100 %")
    (sent,) = phone.app.store.messages.values()
    assert (sent.sender, sent.callback, sent.body) == (SERVICE, "", "“Grüße” — 🎉 & more = 100 %")


def test_what_will_never_be_sent(phone: Phone) -> None:
    phone.app.store.opts("+16025550002", out=True)
    long = "x" * 1601
    cases = (("+1602", TEXT, "21211"), (ANN, long, "21617"), ("+16025550199", TEXT, "21614"), ("+16025550002", TEXT, "21610"))
    for to, body, code in cases:
        with pytest.raises(Refused, match=f"Twilio refuses it: The .*Error {code}") as refused:
            phone.send(body, to)
        assert (refused.value.code, refused.value.revokes) == (code, code == "21610") and to not in str(refused.value)
    assert not phone.sids


def test_what_people_can_put_right_is_tried_again(phone: Phone) -> None:
    for code in (20404, 21212, 21606, 21611, 21659, 21703, 21730, 30038, 99999):
        phone.fault(POST | error(code, 404 if code == 20404 else 400))
        with pytest.raises(NotNow, match=f"error {code}") as no:
            phone.send()
        assert no.value.after_s == 300, code


def test_a_wrong_login_loses_nothing(phone: Phone, settings: Settings) -> None:
    settings.TWILIO_API_SECRET = "wrong"
    with pytest.raises(NotNow, match="check TWILIO_ACCOUNT_SID"):
        phone.send()
    with pytest.raises(NotNow, match="401"):
        phone.find()


def test_too_often(phone: Phone) -> None:
    for retry_after, pause in (("seconds", 7), ("none", None)):
        phone.fault(POST | {"action": "throttle", "retry_after": retry_after, "seconds": 7})
        with pytest.raises(NotNow, match="too often") as no:
            phone.send()
        assert no.value.after_s == pause


def test_the_vendors_own_limit(phone: Phone) -> None:
    phone.switch(per_second=1, retry_after=True)
    phone.send()
    with pytest.raises(NotNow) as no:
        phone.send()
    assert no.value.after_s == 1 and len(phone.sids) == 1


SAY_NOTHING: tuple[dict[str, Any], ...] = (
    {"action": "status", "status": 500}, {"action": "status", "status": 500, "commit": True}, error(20500, 500),
    error(20503, 503, commit=True), {"action": "html", "status": 502, "commit": True}, {"action": "html", "status": 404},
    {"action": "silence", "seconds": 1.5}, {"action": "drop"}, {"action": "cut"}, {"action": "truncate"},
    {"action": "status", "status": 200, "body": "{}"}, {"action": "status", "status": 400, "body": "{}"},
    {"action": "status", "status": 200, "body": "[]"},
)  # fmt: skip


def test_what_says_nothing_is_no_no(phone: Phone) -> None:
    for number, fault in enumerate(SAY_NOTHING, 1):
        phone.fault(POST | fault)
        with pytest.raises(Unclear):
            phone.send()
        assert sum(phone.app.traffic.calls.values()) == number, f"never repeated by itself: {fault}"


def test_nobody_there(phone: Phone, settings: Settings) -> None:
    settings.TWILIO_API_URL = "http://127.0.0.1:9"
    with pytest.raises(NotNow, match="cannot be reached"):
        phone.send()
    with pytest.raises(NotNow, match="could not be asked"):
        phone.find()


def test_a_switch_that_was_turned_in_between(phone: Phone) -> None:
    with acting_as("backoffice"):
        switches.turn(SwitchChange(switch="messaging", mode="hold", who="ann", why="audit"))
    with pytest.raises(NotNow, match="audit"):
        phone.send()
    assert not phone.sids and phone.find() is None, "asking is no sending"


def test_found_again(phone: Phone) -> None:
    phone.fault(POST | {"action": "status", "status": 500, "commit": True})
    with pytest.raises(Unclear):
        phone.send()
    found = phone.find()
    assert found is not None and found.provider_id == phone.sids[0]
    assert phone.find(since=NOW + timedelta(seconds=1)) is None, "that is an older one"
    assert phone.find("Hi Bob, see you at 9.") is None and phone.find(to="+16025550003") is None


def test_the_newest_of_several(phone: Phone) -> None:
    phone.send()
    phone.later(minutes=10)
    newer = phone.send()
    assert phone.find() == newer


def test_another_message_with_the_same_words(phone: Phone) -> None:
    older, newer = phone.send(), phone.send(key="9:2:0")
    out = Outgoing("9:1:0", 5, ANN, "", TEXT)
    assert Twilio().find(out, NOW, lambda sid: sid == newer.provider_id) == older
    assert Twilio().find(out, NOW, lambda sid: True) is None


def test_what_somebody_wrote_back_is_none_of_ours(phone: Phone) -> None:
    phone.app.callbacks.write(SENDER, ANN, TEXT)  # a number of our own to one of our own
    assert phone.find() is None


def test_found_whatever_the_account_makes_of_the_text(phone: Phone) -> None:
    text = "It\u2019s “Desert Air” \u2013 see you at 9… "
    for number, switch in enumerate(({"trial_account": True}, {"smart_encoding": True, "trial_account": False}), 1):
        phone.switch(**switch)
        accepted = phone.send(text)
        assert phone.app.store.messages[accepted.provider_id].body != text
        assert phone.find(text) == accepted and len(phone.sids) == number
    assert phone.find(text.replace("9", "8")) is None


def test_a_text_without_letters_is_found_by_itself_alone(phone: Phone) -> None:
    phone.send("👍")
    assert phone.find("🎉") is None
    assert phone.find("👍") is not None


def test_on_the_last_page(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio, "PAGE_SIZE", 2)
    first = phone.send("first")
    for number in range(4):
        phone.send(f"number {number}")
    assert phone.find("first") == first
    monkeypatch.setattr(twilio, "PAGES", 2)
    with pytest.raises(NotNow, match="does not end"):
        phone.find("first")


def test_what_is_older_is_not_read(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio, "PAGE_SIZE", 2)
    for number in range(10):
        phone.send(f"number {number}")
    phone.later(hours=1)
    before = sum(phone.app.traffic.calls.values())
    assert phone.find("none of them", since=NOW + timedelta(minutes=30)) is None
    assert sum(phone.app.traffic.calls.values()) == before + 2, "one page each time: that it is not there is asked twice"


def test_the_list_may_be_behind(phone: Phone) -> None:
    phone.switch(list_lag=30)
    accepted = phone.send()
    assert phone.find() is None
    phone.later(seconds=31)
    assert phone.find() == accepted


def test_who_cannot_be_asked_says_nothing(phone: Phone) -> None:
    phone.send()
    faults: tuple[dict[str, Any], ...] = (
        {"action": "status", "status": 503}, {"action": "html", "status": 502}, {"action": "drop"}, {"action": "truncate"},
        {"action": "throttle"}, {"action": "silence", "seconds": 1.5}, {"action": "status", "status": 200, "body": "[]"},
        {"action": "status", "status": 200, "body": "{}", "content_type": "application/json"},
    )  # fmt: skip
    for fault in faults:
        phone.fault({"method": "GET"} | fault)
        with pytest.raises(NotNow):
            phone.find()


def test_no_number_stands_in_a_log(phone: Phone, caplog: pytest.LogCaptureFixture) -> None:
    phone.fault(POST | error(21606))
    with caplog.at_level(logging.DEBUG), pytest.raises(NotNow) as no:
        phone.send()
    phone.find()
    calls.flush()
    paths = list(ApiCall.objects.values_list("method", "path").order_by("id"))
    assert paths == [(method, "/2010-04-01/Accounts/{id}/Messages.json") for method in ("POST", "GET", "GET")]
    assert ANN not in f"{no.value}" and ANN.lstrip("+") not in caplog.text.replace("%2B", "")


def test_the_kinds_and_their_channels(settings: Settings) -> None:
    settings.MESSAGING_SMS, settings.MESSAGING_EMAIL = "console", "smtp"
    assert [channel_of(kind).name for kind in ("sms", "email", "staff")] == ["console", "smtp", "smtp"]
    settings.MESSAGING_SMS, settings.MESSAGING_EMAIL, settings.TWILIO_TIMEOUT_S = "twilio", "file", 20
    assert [channel_of(kind).name for kind in ("sms", "email", "staff")] == ["twilio", "file", "file"]
    assert channel_of("sms").budget_s > 150 and channel_of("sms").can_find
