"""The web-server flow with PKCE (contract sections 1.3 and 1.7)."""

import base64
import hashlib
import hmac
import re
from html import unescape
from typing import Any

import pytest

from tests.salesforce.sandbox.app_client import CHALLENGE, VERIFIER, AppClient, callback, no
from tests.salesforce.sandbox.caller import Caller, error


@pytest.fixture
def app_client(caller: Caller) -> AppClient:
    return AppClient(caller)


@pytest.fixture
def allowed(app_client: AppClient) -> AppClient:
    """Consent is given at once."""
    app_client.caller.switch(consent="allow")
    return app_client


def test_the_whole_flow(allowed: AppClient, caller: Caller) -> None:
    back = callback(allowed.authorize())
    assert back["state"] == "s1" and back["code"].endswith("==")
    answer = allowed.exchange(back["code"]).json()
    who = caller.app.org.credentials
    assert set(answer) == {
        "access_token",
        "refresh_token",
        "signature",
        "scope",
        "instance_url",
        "id",
        "token_type",
        "issued_at",
    }
    assert answer["access_token"].startswith(f"{who.org_id[:15]}!") and len(answer["access_token"]) == 112
    assert answer["id"] == f"{caller.url}/id/{who.org_id}/{who.user_id}"
    assert (answer["scope"], answer["token_type"], answer["instance_url"]) == ("api refresh_token", "Bearer", caller.url)
    assert answer["issued_at"] == "1793631600000"
    signed = hmac.new(who.client_secret.encode(), (answer["id"] + answer["issued_at"]).encode(), hashlib.sha256).digest()
    assert answer["signature"] == base64.b64encode(signed).decode()
    assert allowed.works(answer["access_token"])


def test_a_person_clicks_on_the_page(app_client: AppClient, caller: Caller) -> None:
    state = '"><script>alert(1)</script>'
    page = app_client.authorize(state=state)
    assert page.status_code == 200 and page.headers["Content-Type"].startswith("text/html")
    assert "<script>" not in page.text and "Sandbox Plumbing" in page.text
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)">', page.text))
    fields = {name: unescape(value) for name, value in fields.items()}
    clicked = caller.raw("POST", "/services/oauth2/authorize", data=fields | {"decision": "allow"})
    assert callback(clicked)["state"] == state
    assert app_client.exchange(callback(clicked)["code"]).status_code == 200
    denied = callback(caller.raw("POST", "/services/oauth2/authorize", data=fields | {"decision": "deny"}))
    assert denied == {"error": "access_denied", "error_description": "end-user denied authorization", "state": state}


def test_denied_at_once_and_the_help_pages_spelling(app_client: AppClient, caller: Caller) -> None:
    caller.switch(consent="deny", denial="access-denied")
    assert callback(app_client.authorize())["error"] == "access-denied"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"code_challenge": None}, ("invalid_request", "missing required code challenge")),
        ({"code_challenge_method": "plain"}, ("invalid_request", "code challenge method not supported")),
        ({"response_type": "token"}, ("unsupported_response_type", "response type not supported")),
        ({"scope": "api moon"}, ("invalid_scope", "the requested scope is not allowed")),
    ],
)
def test_errors_that_arrive_at_the_callback(allowed: AppClient, changes: dict[str, Any], wanted: tuple[str, str]) -> None:
    back = callback(allowed.authorize(**changes))
    assert (back["error"], back["error_description"], back["state"]) == (*wanted, "s1")


def test_a_page_where_nobody_is_asked(app_client: AppClient) -> None:
    assert callback(app_client.authorize(immediate="true"))["error"] == "immediate_unsuccessful"


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"client_id": "nobody"}, "invalid_client_id"), ({"redirect_uri": "http://evil.example/"}, "redirect_uri_mismatch")],
)
def test_who_cannot_be_sent_back_sees_a_page(allowed: AppClient, changes: dict[str, Any], word: str) -> None:
    reply = allowed.authorize(**changes)
    assert reply.status_code == 400 and word in reply.text


def test_the_redirect_uri_is_compared_to_the_byte(allowed: AppClient, caller: Caller) -> None:
    assert allowed.authorize(redirect_uri=allowed.redirect_uri + "/").status_code == 400
    caller.control("PUT", "app", {"redirect_uris": ["https://hub.example/callback?x=1"]})
    reply = allowed.authorize(redirect_uri="https://hub.example/callback?x=1")
    assert reply.headers["Location"].startswith("https://hub.example/callback?x=1&code=")
    code = callback(reply)["code"]
    wanted = (400, "redirect_uri_mismatch", "redirect_uri must match configuration")
    assert no(allowed.exchange(code, redirect_uri=allowed.redirect_uri)) == wanted


def test_without_pkce_where_the_app_allows_it(allowed: AppClient, caller: Caller) -> None:
    caller.switch(pkce_required=False)
    code = callback(allowed.authorize(code_challenge=None, code_challenge_method=None))["code"]
    assert allowed.exchange(code, code_verifier=None).status_code == 200


def test_no_method_means_s256(allowed: AppClient) -> None:
    code = callback(allowed.authorize(code_challenge_method=None))["code"]
    assert allowed.exchange(code).status_code == 200


def test_a_verifier_of_any_length_or_as_the_rfc_says(allowed: AppClient, caller: Caller) -> None:
    long = "v" * 171
    challenge = base64.urlsafe_b64encode(hashlib.sha256(long.encode()).digest()).decode().rstrip("=")
    code = callback(allowed.authorize(code_challenge=challenge))["code"]
    assert allowed.exchange(code, code_verifier=long).status_code == 200
    caller.switch(verifier_length="rfc")
    code = callback(allowed.authorize(code_challenge=challenge))["code"]
    assert no(allowed.exchange(code, code_verifier=long)) == (400, "invalid_grant", "invalid code verifier")


@pytest.mark.parametrize("verifier", ["w" * 64, "short", "v" * 65])
def test_a_wrong_verifier(allowed: AppClient, caller: Caller, verifier: str) -> None:
    code = callback(allowed.authorize())["code"]
    assert no(allowed.exchange(code, code_verifier=verifier)) == (400, "invalid_grant", "invalid code verifier")
    assert no(allowed.exchange(code))[2] == "expired authorization code"  # it is used up
    caller.switch(pkce_mismatch_error="invalid_request")
    code = callback(allowed.authorize())["code"]
    assert no(allowed.exchange(code, code_verifier=verifier))[1] == "invalid_request"
    code = callback(allowed.authorize())["code"]
    assert no(allowed.exchange(code, code_verifier=None))[1] == "invalid_grant"


def test_a_code_lives_fifteen_minutes_and_once(allowed: AppClient, caller: Caller) -> None:
    code = callback(allowed.authorize())["code"]
    caller.advance(seconds=901)
    wanted = (400, "invalid_grant", "expired authorization code")
    assert no(allowed.exchange(code)) == wanted
    code = callback(allowed.authorize())["code"]
    caller.advance(seconds=899)
    assert allowed.exchange(code).status_code == 200
    assert no(allowed.exchange(code)) == wanted
    assert no(allowed.exchange("rubbish")) == wanted
    caller.switch(code_single_use=False, code_padding=False, code_seconds=10)
    code = callback(allowed.authorize())["code"]
    assert not code.endswith("=")
    assert [allowed.exchange(code).status_code for _ in range(2)] == [200, 200]


def test_scopes(allowed: AppClient, caller: Caller) -> None:
    answer = allowed.connect(scope="api")
    assert "refresh_token" not in answer and answer["scope"] == "api"
    assert "refresh_token" in allowed.connect(scope="offline_access api")
    assert allowed.connect(scope=None)["scope"] == "api refresh_token id openid"
    caller.switch(scopes=["api", "id"])
    assert callback(allowed.authorize(scope="api refresh_token"))["error"] == "invalid_scope"
    caller.switch(scopes=["api", "id", "refresh_token"])
    caller.token = allowed.connect(scope="refresh_token")["access_token"]
    wanted = (401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API")
    assert error(caller("GET", "/limits")) == wanted


def test_the_client_is_checked(allowed: AppClient, caller: Caller) -> None:
    code = callback(allowed.authorize())["code"]
    assert no(allowed.exchange(code, client_id="nobody")) == (400, "invalid_client_id", "client identifier invalid")
    assert no(allowed.exchange(code, client_secret="x")) == (400, "invalid_client", "invalid client credentials")
    assert no(allowed.exchange(code, client_secret=None))[1] == "invalid_client"
    caller.switch(client_error_status=401)
    assert no(allowed.exchange(code, client_secret="x"))[0] == 401
    caller.switch(secret_required=False)
    assert allowed.exchange(code, client_secret=None).status_code == 200


def test_a_new_app_is_unknown_for_some_minutes(allowed: AppClient, caller: Caller) -> None:
    caller.switch(app_delay=600)
    assert "invalid_client_id" in allowed.authorize().text
    caller.advance(seconds=600)
    assert "code" in callback(allowed.authorize())


def test_flows_and_grants_that_are_off(allowed: AppClient, caller: Caller) -> None:
    wanted = (400, "unsupported_grant_type", "grant type not supported")
    assert no(allowed.token("password", username="a", password="b")) == wanted
    caller.switch(flows=["jwt"])
    assert no(allowed.exchange(callback(allowed.authorize())["code"])) == wanted


def test_a_frozen_user_and_a_closed_org(allowed: AppClient, caller: Caller) -> None:
    answer = allowed.connect()
    caller.human("freeze_user")
    assert no(allowed.refresh(answer["refresh_token"])) == (400, "inactive_user", "user is inactive")
    assert not allowed.works(answer["access_token"])
    caller.human("thaw_user")
    assert allowed.works(answer["access_token"])
    caller.switch(org_active=False)
    assert no(allowed.refresh(answer["refresh_token"]))[1] == "inactive_org"


def test_where_the_instance_is(allowed: AppClient, caller: Caller) -> None:
    caller.switch(instance_url="https://moved.my.salesforce.com", access_token_length=4000)
    answer = allowed.connect()
    assert answer["instance_url"] == "https://moved.my.salesforce.com"
    assert len(answer["access_token"]) == 4000 and allowed.works(answer["access_token"])


def test_a_code_without_a_browser(app_client: AppClient, caller: Caller) -> None:
    code = caller.control("POST", "authorize", {"code_challenge": CHALLENGE}).json()["code"]
    assert app_client.exchange(code, code_verifier=VERIFIER).json()["scope"] == "api refresh_token id openid"
