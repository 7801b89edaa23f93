"""From a wish to the recipient: the last look, what holds a message, and what drops it."""

from typing import Any

import pytest

from automation.messaging import consent
from automation.messaging.models import Message
from automation.workflows.models import Trace, Workflow
from config.isolation import switches
from config.isolation.actor import acting_as
from config.isolation.models import SwitchChange
from tests.automation.messaging.delivery.conftest import Office, number
from tests.mirror import customer, load, phone, wait_for_changes

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

State = Message.State
ONE = [(number(1), "Hi Ann Lee B")]


def test_a_wish_becomes_one_message(office: Office) -> None:
    office.usual()
    report = office.send()
    assert (report.wishes, report.counts["sent"], report.why) == (1, 1, "")
    assert office.sent == ONE
    message = office.message()
    assert (message.state, message.attempts, message.address, message.provider) == (State.SENT, 1, number(1), "twilio")
    assert message.provider_id.startswith("SM") and message.segments == 1 and message.version is not None
    assert office.why()[-1] == "sent: note: It is with the provider."
    office.decide()
    assert not office.send().counts and office.sent == ONE, "once"


Act = tuple[str, Any]


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (lambda o: o.estimate(1, status="Sold"), "The goal is reached"),
        (lambda o: o.estimate(1, subtotal=5), "does not hold any more"),
        (lambda o: load("customers", customer(1, active=False)), "not active"),
        (lambda o: load("customers", customer(1, mergedToId=2, active=False)), "was merged into customer 2"),
        (lambda o: load("customers", customer(1, doNotService=True)), "doNotService"),
        (lambda o: load("contacts", phone(10, 1, number(1), active=False)), "no address for sms"),
        (lambda o: consent.said("sms", number(1), o.now, allowed=False, source="STOP", why="They wrote STOP."), "STOP"),
        (lambda o: o.template(body="Hi {{ job.summary }}"), "has no job.summary"),
    ],
)
def test_the_last_look_drops_what_became_wrong(office: Office, happens: Any, why: str) -> None:
    office.customer(1)
    office.template()
    condition = {"all": [{"field": "estimate.subtotal", "op": "at least", "value": 100}]}
    goal = {"all": [{"field": "estimate.status", "op": "is", "value": "Sold"}]}
    office.workflow({"do": "send sms", "template": "note", "if": condition}, goal=goal)
    office.estimate(1)
    office.decide()
    happens(office)
    wait_for_changes()
    assert office.send().counts == {"dropped": 1}
    message = office.message()
    assert message.state == State.NOT_SENT and why in message.reason, message.reason
    assert why in office.why()[-1] and not office.sent


def test_what_will_pass_holds_it_and_says_why(office: Office) -> None:
    office.usual(freshness_minutes=60)
    office.fresh(ago=90)
    Workflow.objects.update(enabled=False)
    held = []
    for act in (lambda: Workflow.objects.update(enabled=True), lambda: office.fresh(ago=1)):
        office.send()
        held.append(office.message().held_by)
        act()
        office.later(minutes=11)
        office.fresh(ago=90 if len(held) == 1 else 1)
    assert held == [
        "The workflow test is switched off.", "The mirror is 90 minutes behind, and this workflow allows 60 minutes."
    ]  # fmt: skip
    assert not office.sent
    office.send()
    assert office.sent == ONE


def test_a_template_that_is_missing_holds_it_until_there_is_one(office: Office) -> None:
    office.customer(1)
    office.workflow({"do": "send sms", "template": "note"})
    office.estimate(1)
    office.decide()
    office.send()
    assert office.message().held_by == "There is no template note for sms."
    office.template()
    office.later(minutes=11)
    office.send()
    assert office.sent == ONE


def test_quiet_hours_are_the_recipients(office: Office) -> None:
    """In Phoenix it is 18:30, in Miami 20:30: too late there for an offer."""
    office.later(hours=6, minutes=30)
    address = {"street": "1 Palm Road", "city": "Miami", "state": "FL", "zip": "33101", "country": "USA"}
    office.customer(1, address=address)
    office.template(purpose="marketing")
    office.workflow({"do": "send sms", "template": "note"})
    office.estimate(1)
    office.decide()
    office.send()
    message = office.message()
    assert message.held_by == "Florida lets them be sent from 08:00 to 20:00 (America/New_York)."
    assert message.due_at is not None and message.due_at.isoformat() == "2026-11-25T13:00:00+00:00"
    assert office.why()[-1].endswith("until 2026-11-25 06:00: Florida lets them be sent from 08:00 to 20:00 (America/New_York).")
    office.later(hours=11, minutes=30)
    office.send()
    assert len(office.sent) == 1 and office.sent[0][1].endswith("Reply STOP to opt out.")


def test_what_is_held_too_long_expires(office: Office) -> None:
    office.usual(freshness_minutes=60, expires_hours=2)
    office.fresh(ago=500)
    office.send()
    office.later(hours=3)
    assert office.send().counts == {"dropped": 1}
    message = office.message()
    assert message.state == State.EXPIRED and "It was held: The mirror is" in message.reason


def test_limits_for_a_person_over_all_workflows(office: Office, settings: Any) -> None:
    settings.MESSAGING_CAP_DAY, settings.MESSAGING_GAP_MINUTES = 2, 60
    office.customer(1)
    office.template()
    office.template("other", "Other {{ estimate.id }}")
    office.workflow({"do": "send sms", "template": "note"}, name="one", priority=10)
    office.workflow({"do": "send sms", "template": "other"}, name="two", priority=60)
    office.workflow({"do": "send sms", "template": "note", "if": {"all": []}}, name="urgent", priority=95)
    office.estimate(1)
    office.estimate(2)
    office.decide()
    office.send()
    first = Message.objects.filter(state=State.SENT).values_list("priority", flat=True)
    assert sorted(first) == [95, 95], "reminders are counted, and not held"
    held = set(Message.objects.filter(state=State.WAITING).values_list("priority", flat=True))
    assert held == {10, 60}, "whichever of the others was looked at first"
    office.later(minutes=61)
    office.send()
    assert "A person gets at most 2 messages a day." in set(Message.objects.values_list("held_by", flat=True))
    assert Message.objects.filter(state=State.SENT).count() == 2
    office.later(hours=24)
    office.fresh()
    office.send()
    assert Message.objects.filter(state=State.SENT, priority=60).count() == 1, "the higher priority goes first"
    assert Message.objects.filter(state=State.SENT, priority=10).count() == 0


def test_a_held_switch_loses_nobody(office: Office) -> None:
    office.usual()
    turn("messaging", "hold")
    report = office.send()
    assert "hold" in report.why and report.wishes == 1 and not office.sent
    turn("messaging", "run")
    office.send()
    assert office.sent == ONE


def turn(name: str, mode: str) -> None:
    with acting_as("backoffice"):
        switches.turn(SwitchChange(switch=name, mode=mode, who="test", why="test"))


def test_the_environment_switches_messages_off(office: Office, settings: Any) -> None:
    office.usual()
    settings.MESSAGING_ENABLED = False
    assert "MESSAGING_ENABLED is false" in office.send().why and not office.sent


def test_a_trial_redirects_everything(office: Office, settings: Any) -> None:
    office.usual()
    settings.MESSAGING_REDIRECT_ALL_TO = "(602) 555-0000, trial@example.com"
    office.send()
    assert office.sent == [("+16025550000", "Hi Ann Lee B")]
    message = office.message()
    assert (message.address, message.redirected_to) == (number(1), "+16025550000")


def test_staff_are_told_by_e_mail(office: Office, settings: Any, tmp_path: Any) -> None:
    settings.HUB_DATA_DIR = tmp_path
    office.customer(1, doNotService=True)
    office.template("call", "Call {{ customer.name }}.", kind="staff")
    office.workflow({"do": "notify staff", "template": "call"})
    office.estimate(1)
    office.decide()
    office.send()
    (letter,) = (tmp_path / "mail").glob("*.eml")
    assert "Call Ann Lee B." in letter.read_text() and f"To: {settings.MESSAGING_STAFF_EMAIL}" in letter.read_text()


def test_marketing_by_e_mail_can_be_ended_with_one_click(office: Office, settings: Any, tmp_path: Any) -> None:
    settings.HUB_DATA_DIR, settings.HUB_PUBLIC_URL = tmp_path, "https://hub.example.com"
    office.customer(1)
    office.template("offer", "Hi {{ customer.name }}", kind="email", purpose="marketing")
    office.workflow({"do": "send email", "template": "offer"})
    office.estimate(1)
    office.decide()
    office.send()
    (letter,) = (tmp_path / "mail").glob("*.eml")
    text = letter.read_text()
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in text
    assert "Unsubscribe: https://hub.example.com/webhooks/unsubscribe/" in text.replace("=\n", "")
    assert settings.HUB_COMPANY_ADDRESS in text


def test_the_data_that_decided_is_kept(office: Office) -> None:
    goal = {"all": [{"field": "estimate.status", "op": "is", "value": "Sold"}]}
    entry = {"all": [{"field": "estimate.subtotal", "op": "at least", "value": 100}]}
    office.usual(goal=goal, entry=entry)
    office.estimate(1, status="Sold")
    wait_for_changes()
    office.send()
    entered, dropped = Trace.objects.get(what="entered").data, Trace.objects.get(what="not sent").data
    assert entered["estimate.subtotal"] == "1000" and entered["event"] == "estimate.created"
    assert dropped["estimate.status"] == "Sold"
