"""What runs without anybody asking: the schedule leads to the task, and the task to the recipient."""

import pytest

from automation.messaging import answering
from automation.messaging.models import Answer, Inbox
from automation.messaging.tasks import answers, send
from config.jobs import schedules
from tests.automation.messaging.delivery.conftest import Office, number

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
