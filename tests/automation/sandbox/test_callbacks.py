"""What the emulated Twilio tells of its own accord, over HTTP."""

from typing import Any

import pytest

from tests.automation.sandbox.conftest import ACCOUNT, ANN, SENDER, Caller, Receiver

BOB = "+16025550002"


@pytest.fixture
def sent(caller: Caller, receiver: Receiver) -> dict[str, Any]:
    """A message whose sender wants to hear of it."""
    return caller.send(StatusCallback=f"{receiver.url}/status/9:1:0/").json  # type: ignore[no-any-return] # JSON


def test_a_message_goes_its_way(caller: Caller, receiver: Receiver, sent: dict[str, Any]) -> None:
    assert receiver.told == []
    caller.advance(0.1)
    assert receiver.states == ["sent"] and caller("GET", sent["uri"]).json["status"] == "sent"
    caller.advance(0.3)
    assert receiver.states == ["sent", "delivered"] and caller("GET", sent["uri"]).json["status"] == "delivered"
    assert {fields["MessageSid"] for fields in receiver.told} == {sent["sid"]} and receiver.told[0]["To"] == ANN
    assert receiver.told[0]["AccountSid"] == ACCOUNT and receiver.forged == 0


def test_one_that_the_carrier_does_not_deliver(caller: Caller, receiver: Receiver, sent: dict[str, Any]) -> None:
    caller.switch(undelivered=1.0)
    second = caller.send("Hi again", StatusCallback=f"{receiver.url}/status/9:2:0/").json
    caller.advance(1)
    last = [fields for fields in receiver.told if fields["MessageSid"] == second["sid"]][-1]
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30003")
    assert caller("GET", second["uri"]).json["error_code"] == 30003


def test_twice_lost_and_forged(caller: Caller, receiver: Receiver) -> None:
    def told(**switches: float) -> tuple[int, int]:
        caller.switch(**{"callback_twice": 0.0, "callback_lost": 0.0, "callback_forged": 0.0, **switches})
        receiver.told.clear()
        receiver.forged = 0
        caller.send(StatusCallback=f"{receiver.url}/x/")
        caller.advance(1)
        return len(receiver.told), receiver.forged

    assert told(callback_twice=1.0) == (4, 0)
    assert told(callback_lost=1.0) == (0, 0)
    assert told(callback_forged=1.0) == (2, 2)
    assert caller.control("GET", "state").json["callbacks"]["lost"] == 2


def test_only_this_machine_is_called(caller: Caller) -> None:
    caller.send(StatusCallback="http://192.0.2.1/status/")
    caller.send(StatusCallback="http://127.0.0.1:9/status/")
    caller.advance(1)
    counts = caller.control("GET", "state").json["callbacks"]
    assert (counts["elsewhere"], counts["nobody"], counts["waiting"]) == (2, 2, 0)
    assert caller.control("PUT", "inbound", {"url": "http://192.0.2.1/"}).status == 400


def test_somebody_writes(caller: Caller, receiver: Receiver) -> None:
    caller.control("PUT", "inbound", {"url": f"{receiver.url}/inbound/"})
    caller.send()
    got = caller.control("POST", "write", {"from": ANN, "text": "Grüße & = 🎉"}).json
    caller.settle()
    (fields,) = receiver.told
    assert fields["MessageSid"] == got["sid"] and "OptOutType" not in fields
    assert (fields["From"], fields["To"], fields["Body"]) == (ANN, SENDER, "Grüße & = 🎉"), "to the number that wrote last"
    assert caller.control("POST", "write", {"text": "from nobody"}).status == 404


WORDS = {"stop": "STOP", "ARRET": "STOP", "Start": "START", "info": "HELP", "Hi": ""}


@pytest.mark.parametrize(("text", "meaning"), WORDS.items())
def test_what_a_word_is_taken_for(caller: Caller, receiver: Receiver, text: str, meaning: str) -> None:
    caller.switch(advanced_opt_out=True)
    caller.control("PUT", "inbound", {"url": f"{receiver.url}/inbound/"})
    caller.app.callbacks.write(ANN, SENDER, text)
    caller.settle()
    assert receiver.told[0].get("OptOutType", "") == meaning
    assert caller.control("GET", "state").json["opted_out"] == ([ANN] if meaning == "STOP" else [])


def test_people_answer_the_same_ones_each_time(caller: Caller, receiver: Receiver) -> None:
    caller.control("PUT", "inbound", {"url": f"{receiver.url}/inbound/"})
    caller.switch(stop=0.2, reply=0.3)
    people = [f"+1602555{number:04d}" for number in range(1000, 1060)]
    for person in people:
        caller.send(to=person)
    caller.advance(2)
    said = {fields["From"]: fields["Body"] for fields in receiver.told}
    stopped = {person for person, text in said.items() if text == "STOP"}
    assert 0 < len(stopped) < len(said) < len(people)
    assert set(caller.control("GET", "state").json["opted_out"]) == stopped
    for person in people:
        assert caller.send("again", person).status == (400 if person in stopped else 201)
    receiver.told.clear()
    caller.advance(2)
    assert {fields["From"] for fields in receiver.told} == said.keys() - stopped


def test_a_new_first_day(caller: Caller, receiver: Receiver, sent: dict[str, Any]) -> None:
    caller.app.callbacks.write(BOB, SENDER, "STOP")
    state = caller.control("POST", "reset", {}).json
    assert (state["messages"], state["opted_out"], state["callbacks"]["waiting"]) == (0, [], 0)
    assert caller.send().json["sid"] != sent["sid"], "no name is given twice"
