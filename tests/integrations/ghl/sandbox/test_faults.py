"""Faults, seen by a client over real sockets: what was answered, and what was done all the same."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from integrations.ghl.sandbox import Sandbox, rules_from, running
from integrations.ghl.sandbox.faults import ACTIONS


class Client:
    def __init__(self, url: str, app: Sandbox) -> None:
        self.url, self.app = url, app
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update({"Authorization": f"Bearer {app.account.credentials.token}", "Version": "2021-07-28"})

    def create(self, email: str = "a@example.com", timeout: float = 5) -> requests.Response:
        body = {"locationId": self.app.account.credentials.location_id, "email": email}
        return self.session.post(f"{self.url}/contacts/", json=body, timeout=timeout)

    @property
    def made(self) -> int:
        return self.app.account.contacts.records.alive


@pytest.fixture
def client(app: Sandbox) -> Iterator[Client]:
    with running(app) as url:
        client = Client(url, app)
        yield client
        client.session.close()


def fault(app: Sandbox, action: str, **values: Any) -> None:
    app.faults.set(rules_from([{"action": action, "path": "^/contacts/$", "method": "POST", **values}]))


@pytest.mark.parametrize(("commit", "made"), [(None, 1), (False, 0)])
def test_a_timeout_after_the_commit_and_one_before(app: Sandbox, client: Client, commit: bool | None, made: int) -> None:
    fault(app, "silence", seconds=30, **({} if commit is None else {"commit": commit}))
    with pytest.raises(requests.ReadTimeout):
        client.create(timeout=0.2)
    assert client.made == made
    assert client.create().status_code == (400 if made else 201)


@pytest.mark.parametrize("action", ["drop", "cut", "wrong_length"])
@pytest.mark.parametrize("commit", [True, False])
def test_broken_connections(app: Sandbox, client: Client, action: str, commit: bool) -> None:
    fault(app, action, commit=commit)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.create()
    assert client.made == commit


@pytest.mark.parametrize("action", ["status", "html", "unauthorized", "throttle"])
@pytest.mark.parametrize("commit", [True, False])
def test_refused_and_refused_but_done(app: Sandbox, client: Client, action: str, commit: bool) -> None:
    fault(app, action, status=502, commit=commit)
    wanted = {"unauthorized": 401, "throttle": 429}.get(action, 502)
    assert client.create().status_code == wanted
    assert client.made == commit


def test_a_gateway_page(app: Sandbox, client: Client) -> None:
    fault(app, "html", status=503)
    assert client.create().text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("kind", "daily", "after"), [("none", "150000", None), ("seconds", "150000", "7"), ("daily", "0", None), ("bare", None, None)]
)
def test_throttling_with_and_without_headers(app: Sandbox, client: Client, kind: str, daily: str, after: str) -> None:
    fault(app, "throttle", retry_after=kind, seconds=7)
    reply = client.create()
    assert (reply.status_code, reply.json()["message"]) == (429, "Too Many Requests")
    assert (reply.headers.get("X-RateLimit-Daily-Remaining"), reply.headers.get("Retry-After")) == (daily, after)


def test_truncated_json_of_something_done(app: Sandbox, client: Client) -> None:
    fault(app, "truncate")
    reply = client.create()
    assert reply.status_code == 201
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.text)
    assert client.made == 1


def test_a_slow_call_is_carried_out_after_the_client_gave_up(app: Sandbox, client: Client) -> None:
    fault(app, "hang", seconds=0.5)
    with pytest.raises(requests.ReadTimeout):
        client.create(timeout=0.1)
    assert client.made == 0
    deadline = time.monotonic() + 5
    while client.made == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert client.made == 1


def test_an_answer_given_once_more(app: Sandbox, client: Client) -> None:
    fault(app, "repeat", after=1)
    first, second = client.create("a@example.com"), client.create("b@example.com")
    assert second.json() == first.json()
    assert client.made == 1
    fault(app, "repeat", after=1, commit=True)
    client.create("c@example.com")
    assert client.create("d@example.com").json()["contact"]["email"] == "c@example.com"
    assert client.made == 3


def test_a_proxy_that_repeats_the_call(app: Sandbox, client: Client) -> None:
    fault(app, "twice")
    assert client.create().status_code == 400  # the second time it is a duplicate
    assert client.made == 1


def test_a_share_of_the_calls(app: Sandbox, client: Client) -> None:
    fault(app, "status", times=0, share=0.3, commit=True)
    statuses = [client.create(f"{n}@example.com").status_code for n in range(60)]
    assert 8 < statuses.count(500) < 30
    assert client.made == 60
    assert app.faults.report()["fired"] == {"status": statuses.count(500)}


def test_rules_are_checked() -> None:
    assert len(rules_from([{"action": name} for name in ACTIONS])) == len(ACTIONS)
    with pytest.raises(ValueError, match="no fault named skip_page"):
        rules_from([{"action": "skip_page"}])
