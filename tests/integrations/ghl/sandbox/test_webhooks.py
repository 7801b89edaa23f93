"""Webhooks as a receiver on this machine meets them (contract section 11)."""

import base64
import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from config.sandbox.loopback import running
from integrations.ghl.sandbox import Sandbox
from tests.integrations.ghl.sandbox.caller import Caller


class Receiver:
    """A WSGI app that keeps what it gets and answers `statuses` in turn, then 200."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.got: list[tuple[bytes, dict[str, str]]] = []
        self.statuses: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        self.got.append((environ["wsgi.input"].read(), headers))
        start_response(self.statuses.pop(0) if self.statuses else "200 OK", [("Content-Length", "0")])
        return [b""]

    def events(self, count: int) -> list[dict[str, Any]]:
        """Waits until so many have come and nothing more is under way."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if len(self.got) >= count and self.caller.app.webhooks.report()["waiting"] == 0:
                break
            time.sleep(0.01)
        return [json.loads(body) for body, _ in self.got]

    def types(self, count: int) -> list[str]:
        return [event["type"] for event in self.events(count)]


@pytest.fixture
def receiver(app: Sandbox, caller: Caller) -> Iterator[Receiver]:
    receiver = Receiver(caller)
    with running(receiver) as url:
        caller.control("PUT", "webhooks", {"url": f"{url}/hook"})
        yield receiver
    app.closing.set()


def verified(caller: Caller, body: bytes, headers: dict[str, str]) -> bool:
    keys = {name: load_der_public_key(base64.b64decode(key)) for name, key in caller.control("GET", "keys").json.items()}
    edwards, legacy = keys["ed25519"], keys["rsa"]
    assert isinstance(edwards, ed25519.Ed25519PublicKey)
    assert isinstance(legacy, rsa.RSAPublicKey)
    try:
        edwards.verify(base64.b64decode(headers["X-GHL-SIGNATURE"]), body)
        legacy.verify(base64.b64decode(headers["X-WH-SIGNATURE"]), body, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def test_a_contact_s_life_is_told(caller: Caller, receiver: Receiver) -> None:
    id = caller.contact(email="a@example.com", tags=["one"])["id"]
    caller("PUT", f"/contacts/{id}", {"city": "Troy"})
    caller("POST", f"/contacts/{id}/tags", {"tags": ["two"]})
    caller.control("POST", "human", {"act": "stop", "id": id})
    caller("DELETE", f"/contacts/{id}")
    assert receiver.types(5) == ["ContactCreate", "ContactUpdate", "ContactTagUpdate", "ContactDndUpdate", "ContactDelete"]
    event = receiver.events(5)[3]
    assert (event["id"], event["locationId"], event["email"]) == (id, caller.location, "a@example.com")
    assert event["dndSettings"]["SMS"]["status"] == "permanent"
    assert len({event["webhookId"] for event in receiver.events(5)}) == 5


def test_a_card_s_life_is_told_twice(caller: Caller, receiver: Receiver) -> None:
    contact = caller.contact(email="a@example.com")["id"]
    card = caller.card(contact).json["opportunity"]["id"]
    caller("PUT", f"/opportunities/{card}/status", {"status": "won"})
    caller("DELETE", f"/opportunities/{card}")
    assert receiver.types(7)[1:] == [
        "OpportunityCreate",
        "OpportunityUpdate",
        "OpportunityUpdate",
        "OpportunityStatusUpdate",
        "OpportunityDelete",
        "OpportunityUpdate",
    ]
    assert "customFields" not in receiver.events(7)[1]


def test_nothing_changed_nothing_told(caller: Caller, receiver: Receiver) -> None:
    for _ in range(2):
        caller.upsert(email="a@example.com", firstName="Ann")
    caller.control("POST", "human", {"act": "create_contact", "email": "b@example.com"})
    assert receiver.types(2) == ["ContactCreate", "ContactCreate"]


def test_both_signatures_hold_and_a_forgery_does_not(caller: Caller, receiver: Receiver) -> None:
    caller.switch(webhook_forged=1.0)
    caller.contact(email="a@example.com")
    events = receiver.events(2)
    assert [verified(caller, *got) for got in receiver.got] == [True, False]
    assert [event["email"] for event in events] == ["a@example.com", "forged@example.com"]


def test_signatures_nesting_and_own_writes_are_switches(caller: Caller, receiver: Receiver) -> None:
    caller.switch(webhook_signatures=["rsa"], webhook_nested=True, webhooks_for_api_writes=False)
    caller.contact(email="a@example.com")
    caller.control("POST", "human", {"act": "create_contact", "email": "b@example.com"})
    (event,) = receiver.events(1)
    assert event["data"]["email"] == "b@example.com"
    assert "X-GHL-SIGNATURE" not in receiver.got[0][1]


def test_duplicates_and_losses(caller: Caller, receiver: Receiver) -> None:
    caller.switch(webhook_duplicates=1.0)
    caller.contact(email="a@example.com")
    first, second = receiver.events(2)
    assert first == second
    caller.switch(webhook_duplicates=0, webhook_lost=1.0)
    caller.contact(email="b@example.com")
    assert len(receiver.events(2)) == 2
    assert caller.app.webhooks.report()["lost"] == 1


def test_out_of_order(caller: Caller, receiver: Receiver) -> None:
    caller.switch(webhook_out_of_order=1.0)
    id = caller.contact(email="a@example.com")["id"]
    caller("PUT", f"/contacts/{id}", {"city": "Troy"})
    assert receiver.types(2) == ["ContactUpdate", "ContactCreate"]
    caller("PUT", f"/contacts/{id}", {"city": "Rome"})
    assert caller.app.webhooks.report()["waiting"] == 1
    caller.control("POST", "advance", {"seconds": 1})
    assert len(receiver.events(3)) == 3


def test_delayed_until_the_clock_says(caller: Caller, receiver: Receiver) -> None:
    caller.switch(webhook_delay=60)
    caller.contact(email="a@example.com")
    assert caller.app.webhooks.report()["waiting"] == 1
    caller.control("POST", "advance", {"seconds": 60})
    assert receiver.types(1) == ["ContactCreate"]


@pytest.mark.parametrize(("status", "retried"), [("429 Too Many Requests", True), ("500 Internal Server Error", False)])
def test_only_a_429_is_tried_again(caller: Caller, receiver: Receiver, status: str, retried: bool) -> None:
    receiver.statuses.append(status)
    caller.contact(email="a@example.com")
    deadline = time.monotonic() + 10
    counted = "retried" if retried else "failed"
    while not caller.app.webhooks.report().get(counted) and time.monotonic() < deadline:
        time.sleep(0.01)
    caller.control("POST", "advance", {"hours": 1})
    assert len(receiver.events(1 + retried)) == 1 + retried


def test_chosen_events_and_an_end(caller: Caller, receiver: Receiver) -> None:
    caller.control("PUT", "webhooks", {"url": caller.app.webhooks.url, "events": ["ContactDelete"]})
    id = caller.contact(email="a@example.com")["id"]
    caller("DELETE", f"/contacts/{id}")
    assert receiver.types(1) == ["ContactDelete"]
    caller.control("PUT", "webhooks", {})
    caller.contact(email="b@example.com")
    assert len(receiver.events(1)) == 1
