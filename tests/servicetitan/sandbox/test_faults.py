"""Scripted faults as a client meets them, over real sockets."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from wsgiref.validate import validator

import pytest
import requests

from servicetitan.sandbox import Sandbox, running
from servicetitan.sandbox.faults import ACTIONS, Faults, Rule, rules_from


class Client:
    def __init__(self, url: str, app: Sandbox) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        credentials = app.credentials
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        }
        token = self.session.post(f"{url}/connect/token", data=form, timeout=5).json()["access_token"]
        self.session.headers.update({"Authorization": f"Bearer {token}", "ST-App-Key": credentials.app_key})
        self.base = f"{url}/jpm/v2/tenant/{credentials.tenant}"

    def get(self, resource: str = "export/jobs", timeout: float = 5, **query: Any) -> requests.Response:
        return self.session.get(f"{self.base}/{resource}", params=query, timeout=timeout)


@pytest.fixture
def client(app: Sandbox) -> Iterator[Client]:
    with running(app) as url:
        client = Client(url, app)
        yield client
        client.session.close()


def fault(app: Sandbox, action: str, **values: Any) -> None:
    app.faults.set([Rule(action, path="/export/jobs$", **values)])


def test_keep_alive(app: Sandbox, client: Client) -> None:
    for _ in range(3):
        assert client.get().status_code == 200
    assert app.traffic.report()["calls"][f"/jpm/v2/tenant/{app.credentials.tenant}/export/jobs"] == 3
    assert client.get().headers["Connection"] == "keep-alive"


def test_server_and_app_speak_wsgi_by_the_book(app: Sandbox) -> None:
    """The standard library's validator stands between the two and complains about either."""
    with running(validator(app)) as url:
        client = Client(url, app)
        assert client.get().status_code == 200
        assert client.get("nothing").status_code == 404
        client.session.close()


def test_a_status_with_a_body(app: Sandbox, client: Client) -> None:
    fault(app, "status", status=503, body='{"status":503}', content_type="application/json")
    assert client.get().json() == {"status": 503}
    assert client.get().status_code == 200


def test_after_times_and_path(app: Sandbox, client: Client) -> None:
    fault(app, "status", after=1, times=2)
    assert client.get("jobs").status_code == 200
    assert [client.get().status_code for _ in range(4)] == [200, 500, 500, 200]
    assert app.faults.report()["fired"] == {"status": 2}


def test_the_method(app: Sandbox, client: Client) -> None:
    app.faults.set([Rule("status", method="POST", times=0)])
    assert client.get().status_code == 200
    assert client.session.post(f"{client.url}/connect/token", timeout=5).status_code == 500


def test_html(app: Sandbox, client: Client) -> None:
    fault(app, "html", status=502)
    reply = client.get()
    assert (reply.status_code, reply.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert reply.text.startswith("<!DOCTYPE html>")


def test_unauthorized(app: Sandbox, client: Client) -> None:
    fault(app, "unauthorized")
    assert [client.get().status_code for _ in range(2)] == [401, 200]


@pytest.mark.parametrize("header", ["none", "seconds", "date"])
def test_throttle(app: Sandbox, client: Client, header: str) -> None:
    fault(app, "throttle", seconds=50, retry_after=header)
    reply = client.get()
    assert reply.status_code == 429
    assert reply.json()["title"] == "Rate limit is exceeded. Try again in 50 seconds."
    assert ("Retry-After" in reply.headers) == (header != "none")


def test_hang(app: Sandbox, client: Client) -> None:
    fault(app, "hang", seconds=0.2)
    start = time.perf_counter()
    assert client.get().status_code == 200
    assert time.perf_counter() - start >= 0.2


def test_silence_outlasts_the_clients_patience(app: Sandbox, client: Client) -> None:
    fault(app, "silence", seconds=30)
    with pytest.raises(requests.ReadTimeout):
        client.get(timeout=0.2)


def test_a_held_call_does_not_keep_the_server_from_stopping(app: Sandbox) -> None:
    start = time.perf_counter()
    with running(app) as url:
        client = Client(url, app)
        fault(app, "silence", seconds=30)
        with pytest.raises(requests.ReadTimeout):
            client.get(timeout=0.1)
        client.session.close()
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("action", ["drop", "cut", "wrong_length"])
def test_broken_connections(app: Sandbox, client: Client, action: str) -> None:
    fault(app, action)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get()
    assert client.get().status_code == 200


def test_truncated_json(app: Sandbox, client: Client) -> None:
    fault(app, "truncate")
    reply = client.get()
    assert reply.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.text)


def test_trickle(app: Sandbox, client: Client) -> None:
    fault(app, "trickle", seconds=0.3)
    start = time.perf_counter()
    assert len(client.get().json()["data"]) == 25
    assert time.perf_counter() - start >= 0.25


def test_a_page_repeated(app: Sandbox, client: Client) -> None:
    fault(app, "repeat_page", after=1)
    first = client.get().json()
    again = client.get(**{"from": first["continueFrom"]}).json()
    assert again == first
    assert client.get(**{"from": first["continueFrom"]}).json()["data"] != first["data"]


def test_a_page_skipped_then_served(app: Sandbox, client: Client) -> None:
    pages = {"first": client.get().json()}
    pages["second"] = client.get(**{"from": pages["first"]["continueFrom"]}).json()
    pages["third"] = client.get(**{"from": pages["second"]["continueFrom"]}).json()
    fault(app, "skip_page")
    early = client.get(**{"from": pages["first"]["continueFrom"]}).json()
    assert early["data"] == pages["third"]["data"]
    assert early["hasMore"] is True
    assert early["continueFrom"] != pages["first"]["continueFrom"]
    late = client.get(**{"from": early["continueFrom"]}).json()
    assert late["data"] == pages["second"]["data"]


def test_a_share_of_calls_at_random_but_repeatable(app: Sandbox, client: Client) -> None:
    def statuses(seed: int) -> list[int]:
        fault(app, "status", times=0, share=0.3, seed=seed)
        return [client.get(includeRecentChanges="false").status_code for _ in range(40)]

    assert statuses(1) == statuses(1) != statuses(2)
    assert 4 <= Counter(statuses(1))[500] <= 20


def test_the_first_rule_that_fires_decides(app: Sandbox, client: Client) -> None:
    app.faults.set([Rule("status", status=500), Rule("status", status=503)])
    assert [client.get().status_code for _ in range(3)] == [500, 503, 200]


def test_rules_are_checked() -> None:
    for rules in (
        [{"action": "explode"}],
        [{"action": "cut", "colour": 1}],
        [{"path": "x"}],
        [{"action": "cut", "path": "("}],
        [{"action": "cut", "seconds": "x"}],
    ):
        with pytest.raises(ValueError, match=r"fault|colour|action|regular|float"):
            rules_from(rules)
    assert rules_from([{"action": name} for name in ACTIONS])
    assert Faults().report() == {"rules": [], "fired": {}}
