"""Whatever the provider does with a call: nothing is lost, and nothing is sent twice."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from automation.messaging import consent
from automation.messaging.channels.twilio import Twilio
from automation.messaging.delivery import claiming, epochs, sending, wishes
from automation.messaging.models import Message
from tests.automation.messaging.delivery.conftest import Office, forget_redis, number

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

State = Message.State
ONE = [(number(1), "Hi Ann Lee B")]
POST: dict[str, Any] = {"method": "POST"}


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "silence", "seconds": 1.5},
        {"action": "silence", "seconds": 1.5, "commit": False},
        {"action": "status", "status": 500, "commit": True},
        {"action": "status", "status": 500},
        {"action": "html", "status": 502, "commit": True},
        {"action": "html", "status": 502},
        {"action": "drop"},
        {"action": "drop", "commit": False},
        {"action": "cut"},
        {"action": "truncate"},
        {"action": "unauthorized"},
        {"action": "throttle", "retry_after": "seconds", "seconds": 7},
    ],
    ids=lambda fault: f"{fault['action']} {'done' if fault.get('commit', True) else 'not done'} {fault.get('status', '')}",
)
def test_a_fault_neither_loses_nor_doubles_it(office: Office, fault: dict[str, Any]) -> None:
    office.usual()
    office.fault(POST | fault)
    office.send()
    for _ in range(4):
        office.later(minutes=10)
        office.fresh()
        office.send()
    assert office.sent == ONE
    message = office.message()
    assert message.state == State.SENT and message.provider_id in office.app.store.messages


def test_a_call_that_may_have_been_made_is_settled_only_when_its_time_is_over(office: Office) -> None:
    office.usual()
    office.fault(POST | {"action": "status", "status": 500, "commit": True})
    office.send()
    assert office.message().state == State.SENDING
    office.later(seconds=60)
    assert not office.send().counts, "somebody may still be at it"
    office.later(minutes=3)
    office.fault({"method": "GET", "action": "status", "status": 503})
    office.send()
    assert office.message().state == State.SENDING, "the provider could not be asked"
    office.later(minutes=5)
    office.send()
    message = office.message()
    assert message.state == State.SENT and message.attempts == 1 and "the provider was asked, and has it" in message.reason


@pytest.mark.parametrize(
    "body",
    ["{}", '{"messages": []}', '{"messages": [{"to": "+16025550000", "body": "x"}]}', "[]"],
    ids=["no list", "an empty one", "another's", "nonsense"],
)
def test_one_wrong_answer_to_the_question_sends_it_no_second_time(office: Office, body: str) -> None:
    office.usual()
    office.fault(
        POST | {"action": "status", "status": 500, "commit": True, "times": 1},
        {"method": "GET", "action": "status", "status": 200, "body": body, "content_type": "application/json", "times": 1},
    )
    office.send()
    for _ in range(4):
        office.later(minutes=10)
        office.fresh()
        office.send()
    assert office.sent == ONE and office.message().state == State.SENT


def test_two_messages_with_the_same_words_are_two(office: Office) -> None:
    """The second one was never made: what the provider has is the first."""
    office.customer(1)
    office.template()
    office.workflow({"do": "send sms", "template": "note"}, priority=95)  # not held by the limits
    office.estimate(1)
    office.decide()
    office.send()
    office.estimate(2)
    office.decide()
    office.fault(POST | {"action": "status", "status": 500})
    office.send()
    assert office.sent == ONE
    for _ in range(4):
        office.later(minutes=10)
        office.fresh()
        office.send()
    assert office.sent == [*ONE, *ONE] and len(set(Message.objects.values_list("provider_id", flat=True))) == 2


def test_a_worker_that_slept_through_its_time_makes_no_call(office: Office) -> None:
    office.usual()
    wishes.take(office.now)
    claimed = claiming.claim(office.now, epochs.current())
    assert claimed is not None and claimed.message.state == State.SENDING
    office.later(minutes=10)
    office.fresh()
    office.send()  # another one settles it: not there, so it is sent
    assert office.sent == [], "after a pause"
    office.later(minutes=10)
    office.fresh()
    office.send()
    assert office.sent == ONE
    sending.send(claimed.message, lambda: None, lambda: office.now)
    assert office.sent == ONE


def test_what_the_provider_refuses_for_good_is_not_tried_again(office: Office) -> None:
    office.usual()
    office.app.store.opted_out.add(number(1))
    office.send()
    message = office.message()
    assert (message.state, message.error_code) == (State.FAILED, "21610")
    assert not consent.standing("sms", number(1), "service").allowed, "the provider knew of a STOP that we did not"
    office.later(hours=5)
    assert not office.send().counts


def test_a_restored_database_sends_nothing_until_a_person_says_so_and_then_nothing_twice(office: Office) -> None:
    office.usual()
    office.send()
    office.estimate(2)
    office.decide()
    forget(office)  # the backup is from before
    report = office.send()
    assert "was restored from a backup" in report.why and office.sent == ONE
    office.later(minutes=180)
    office.fresh()
    epochs.begin(office.now, "test", "restored")
    office.send()
    office.later(minutes=180)
    office.fresh()
    office.send()
    assert office.sent == [*ONE, *ONE], "the second estimate's message had not left"
    first = office.message(entity_id=1)
    assert first.state == State.NOT_SENT and "had left before the database was restored" in first.reason


def forget(office: Office) -> None:
    """As a backup from before the first message left."""
    Message.objects.filter(entity_id=1).update(
        state=State.WAITING, due_at=office.now, provider_id="", attempts=0, sent_at=None, claimed_at=None, epoch=None
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE automation.messaging_messages SET claim = NULL")
        cursor.execute("SELECT last_value FROM automation.messaging_claims")
        last = cursor.fetchone()[0]
        cursor.execute("SELECT setval('automation.messaging_claims', %s)", [max(1, last - 1)])


def test_an_empty_redis_is_no_restored_database(office: Office) -> None:
    office.usual()
    office.send()
    forget_redis()
    office.estimate(2)
    office.decide()
    office.later(hours=3)
    office.fresh()
    assert office.send().why == "" and len(office.sent) == 2


@pytest.mark.parametrize("at", ["looking", "writing", "calling"])
def test_a_message_with_which_nobody_reckoned_stops_no_other(office: Office, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    office.usual()
    office.customer(2)
    office.estimate(2, 2)
    office.decide()
    where: dict[str, tuple[Any, str, Callable[[Any], bool]]] = {
        "looking": (claiming, "look", lambda message: message.customer_id == 1),
        "writing": (sending, "outgoing", lambda message: message.customer_id == 1),
        "calling": (Twilio, "send", lambda out: out.address == number(1)),
    }
    module, name, is_bad = where[at]
    real = getattr(module, name)

    def fails(*given: Any) -> Any:
        if is_bad(given[-1] if at == "calling" else given[0]):
            raise KeyError("nobody reckoned with it")
        return real(*given)

    with monkeypatch.context() as patched:
        patched.setattr(module, name, fails)
        office.send()
        bad, good = office.message(customer_id=1), office.message(customer_id=2)
        assert good.state == State.SENT and bad.state == (State.SENDING if at == "calling" else State.WAITING)
        assert "KeyError" in bad.held_by + bad.reason
        office.later(minutes=11)
        office.send()
    for _ in range(3):
        office.later(minutes=11)
        office.fresh()
        office.send()
    assert sorted(to for to, _ in office.sent) == [number(1), number(2)], "each once"
