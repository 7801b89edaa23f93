"""What runs without anybody asking: the schedule leads to the task, and the task to the recipient."""

import json
import logging

import pytest

from automation.messaging import answering
from automation.messaging.models import Answer, Inbox
from automation.messaging.tasks import answers, send
from automation.workflows.models import Event
from config.correlation import because_of, correlated
from config.jobs import schedules
from config.logs import Json
from tests.automation.messaging.delivery.conftest import Office, number
from tests.mirror import brought_by

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def test_everything_that_has_to_happen_by_itself_is_scheduled() -> None:
    asked = {schedule.task for schedule in schedules.registered()}
    assert {"automation.tick", "automation.calendar", "automation.send"} <= asked


def test_the_scheduled_task_hears_and_sends(office: Office) -> None:
    office.usual()
    Inbox.objects.create(key="a", kind="inbound", address=number(2), text="hello")
    send.run()
    message = office.message()
    assert message.state in ("sent", "waiting") and message.attempts + bool(message.held_by) == 1, "looked at, by the real clock"
    assert Answer.objects.get().meaning == "reply"


def test_a_message_leads_back_to_the_sync_that_brought_the_change(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.customer(1)
    office.template()
    office.workflow({"do": "send sms", "template": "note"})
    office.estimate(1)
    brought_by("the-sync-1", "estimates")
    office.decide()
    assert Event.objects.get(entity="estimate").correlation_id == "the-sync-1"
    caplog.handler.setFormatter(Json())
    with caplog.at_level(logging.INFO, "automation.messaging.delivery.sending"), correlated("the-round-1"):
        office.send()
    (line,) = (json.loads(line) for line in caplog.text.splitlines())
    assert line["event"] == f"Message {office.message().pk} is with the provider."
    assert (line["correlation_id"], line["caused_by"]) == ("the-round-1", ["the-sync-1"])


def test_one_whose_end_nobody_heard_leads_back_to_its_own_sync(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.customer(1)
    office.template()
    office.workflow({"do": "send sms", "template": "note"})
    office.estimate(1)
    brought_by("the-sync-1", "estimates")
    office.decide()
    office.fault({"method": "POST", "action": "status", "status": 500, "commit": True})
    office.send()
    office.later(minutes=10)
    caplog.clear()
    caplog.handler.setFormatter(Json())
    with caplog.at_level(logging.INFO, "automation.messaging.delivery.sending"), correlated("the-round-2"):
        because_of(["another-sync"])  # of the message that this thread sent before
        office.send()
    (line,) = (json.loads(line) for line in caplog.text.splitlines())
    assert line["event"] == f"Message {office.message().pk} is with the provider."
    assert (line["correlation_id"], line["caused_by"]) == ("the-round-2", ["the-sync-1"])


def test_what_comes_in_is_heard_at_once(office: Office) -> None:
    Inbox.objects.create(key="a", kind="inbound", address=number(1), text="STOP")
    answers.run()
    assert Answer.objects.get().meaning == "stop"


def test_an_answer_with_which_nobody_reckoned_keeps_no_stop_waiting(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    real = answering.meaning_of
    monkeypatch.setattr(answering, "meaning_of", lambda text: 1 / 0 if text == "odd" else real(text))
    for text in ("odd", "STOP"):
        Inbox.objects.create(key=text, kind="inbound", address=number(1), text=text)
    answers.run()
    assert dict(Answer.objects.values_list("text", "meaning")) == {"odd": "not understood: ZeroDivisionError", "STOP": "stop"}
    assert not Inbox.objects.exists()
