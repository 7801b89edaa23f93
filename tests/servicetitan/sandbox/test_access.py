"""Tokens, keys, tenants, scopes, the rate limit, and what the gateway says (contract sections 1 and 4)."""

import base64
import time
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from servicetitan.sandbox import Sandbox
from tests.servicetitan.sandbox.caller import Caller

PATH = "crm/customers"


def test_a_token_as_the_vendor_gives_it(caller: Caller, app: Sandbox) -> None:
    reply = caller.ask_token()
    assert reply.status == 200
    assert reply.json["expires_in"] == 900
    assert reply.json["token_type"] == "Bearer"
    assert "tn.crm.customers:r" in reply.json["scope"].split()
    assert reply.json["access_token"].count(".") == 2


def test_http_basic_instead_of_the_form(caller: Caller, app: Sandbox) -> None:
    pair = f"{app.credentials.client_id}:{app.credentials.client_secret}"
    headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    reply = caller.raw("POST", "/connect/token", body=b"grant_type=client_credentials", headers=headers)
    assert reply.status == 200


@pytest.mark.parametrize("form", [{"client_id": "cid.other"}, {"client_secret": ""}])
def test_wrong_credentials(caller: Caller, form: Any) -> None:
    reply = caller.ask_token(**form)
    assert (reply.status, reply.json) == (400, {"error": "invalid_client"})


def test_only_client_credentials(caller: Caller) -> None:
    assert caller.ask_token(grant_type="password").status == 400


def test_no_token_and_a_foreign_one(caller: Caller) -> None:
    caller.token = "made.up.token"
    assert caller.get(PATH).status == 401
    assert caller.raw("GET", f"/crm/v2/tenant/{caller.tenant}/customers").status == 401


def test_the_bare_token_is_accepted(caller: Caller, app: Sandbox) -> None:
    headers = {
        "Authorization": caller.ask_token().json["access_token"],
        "ST-App-Key": app.credentials.app_key,
    }
    assert caller.raw("GET", f"/crm/v2/tenant/{caller.tenant}/customers", headers=headers).status == 200


def test_a_token_ends_with_its_lifetime(
    caller: Caller, app: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert caller.get(PATH).status == 200
    later = time.time() + 901
    monkeypatch.setattr(time, "time", lambda: later)
    assert caller.get(PATH).status == 401


def test_token_lifetime_switch(caller: Caller, app: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    app.switches = app.switches.changed({"token_lifetime": 5})
    assert caller.ask_token().json["expires_in"] == 5
    caller.headers()
    later = time.time() + 6
    monkeypatch.setattr(time, "time", lambda: later)
    assert caller.get(PATH).status == 401


def test_a_token_that_dies_early(caller: Caller, app: Sandbox) -> None:
    app.switches = app.switches.changed({"token_dies_after_calls": 2})
    assert [caller.get(PATH).status for _ in range(3)] == [200, 200, 401]
    caller.token = None
    assert caller.get(PATH).status == 200


def test_token_throttle(caller: Caller, app: Sandbox) -> None:
    app.switches = app.switches.changed({"token_requests_a_minute": 2})
    assert [caller.ask_token().status for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("status", [401, 403])
def test_missing_app_key(caller: Caller, app: Sandbox, status: int) -> None:
    app.switches = app.switches.changed({"missing_app_key_status": status})
    headers = caller.headers()
    del headers["ST-App-Key"]
    assert caller.raw("GET", f"/crm/v2/tenant/{caller.tenant}/customers", headers=headers).status == status


def test_app_key_in_the_query(caller: Caller, app: Sandbox) -> None:
    headers = caller.headers()
    key = headers.pop("ST-App-Key")
    path, query = f"/crm/v2/tenant/{caller.tenant}/customers", f"servicetitanapplicationkey={key}"
    assert caller.raw("GET", path, query, headers=headers).status == 401
    app.switches = app.switches.changed({"app_key_in_query": True})
    assert caller.raw("GET", path, query, headers=headers).status == 200


@pytest.mark.parametrize("status", [403, 404])
def test_wrong_tenant(caller: Caller, app: Sandbox, status: int) -> None:
    app.switches = app.switches.changed({"wrong_tenant_status": status})
    caller.tenant += 1
    assert caller.get(PATH).status == status


def test_a_scope_taken_away(caller: Caller, app: Sandbox) -> None:
    scopes = tuple(scope for scope in app.switches.scopes if scope != "tn.crm.customers:r")
    app.switches = app.switches.changed({"scopes": scopes})
    reply = caller.get(PATH)
    assert reply.status == 403
    assert "Scope validation failed" in reply.json["title"]
    assert caller.get("jpm/jobs").status == 200


@pytest.mark.parametrize(
    "path", ["crm/nothing", "crm/customers/", "accounting/invoices/710000000", "crm/customers/x"]
)
def test_unknown_routes(path: str, caller: Caller) -> None:
    reply = caller.get(path)
    assert reply.status == 404
    assert reply.json["message"] == "Unable to match incoming request to an operation."


def test_writing_is_no_route(caller: Caller) -> None:
    reply = caller.raw("POST", f"/crm/v2/tenant/{caller.tenant}/customers", headers=caller.headers())
    assert reply.status == 404


@pytest.mark.parametrize(
    ("shape", "mark"),
    [("api", b"traceId"), ("short", b"statusCode"), ("html", b"<!DOCTYPE html>"), ("text", b"Unauthorized")],
)
def test_gateway_bodies(caller: Caller, app: Sandbox, shape: str, mark: bytes) -> None:
    app.switches = app.switches.changed({"gateway_body": shape})
    caller.token = "dead"
    assert mark in caller.get(PATH).body


def test_an_empty_gateway_body(caller: Caller, app: Sandbox) -> None:
    app.switches = app.switches.changed({"gateway_body": "empty"})
    caller.token = "dead"
    assert caller.get(PATH).body == b""


def test_sixty_calls_a_second(caller: Caller, app: Sandbox) -> None:
    app.switches = app.switches.changed({"calls_a_second": 60})
    replies = [caller.get("settings/tag-types", pageSize=1) for _ in range(61)]
    assert [reply.status for reply in replies[:60]] == [200] * 60
    assert replies[60].status == 429
    assert replies[60].json["title"] == "Rate limit is exceeded. Try again in 1 seconds."
    assert "Retry-After" not in replies[60].headers
    assert app.traffic.report()["answered429"] == 1
    assert app.traffic.report()["peakCallsInASecond"] >= 61


def test_retry_after(caller: Caller, app: Sandbox) -> None:
    app.switches = app.switches.changed({"calls_a_second": 1, "retry_after": "seconds"})
    assert [caller.get(PATH).status for _ in range(2)] == [200, 429]
    assert caller.get(PATH).headers["Retry-After"] == "1"
    app.switches = app.switches.changed({"retry_after": "date"})
    assert parsedate_to_datetime(caller.get(PATH).headers["Retry-After"]).timestamp() == pytest.approx(
        time.time(), abs=3
    )
