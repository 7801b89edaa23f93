"""`manage.py ghl_connect`, as an operator uses it."""

import json
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from config.isolation.egress.retries import Stats
from integrations.ghl import connect
from integrations.ghl.oauth.grant import Grant
from tests.integrations.ghl.emulated import Vendor
from tests.integrations.ghl.oauth.test_tokens import age, stored, tokens


def ghl_connect(*arguments: str, status: int = 0) -> str:
    out, ended = StringIO(), 0
    try:
        call_command("ghl_connect", *arguments, stdout=out)
    except SystemExit as end:
        ended = int(end.code or 0)
    assert ended == status
    return out.getvalue()


def told(*arguments: str, status: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ghl_connect(*arguments, "--json", status=status))
    return found


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_from_the_link_to_the_first_call(vendor: Vendor, settings: Settings) -> None:
    settings.GHL_OAUTH_REDIRECT_URL = "https://hub.example.com/done"
    assert told("--status", status=1)["connected"] is False
    query = query_of(told()["url"])
    assert query["client_id"] == settings.GHL_OAUTH_CLIENT_ID
    assert query["redirect_uri"] == settings.GHL_OAUTH_REDIRECT_URL
    assert {"contacts.write", "opportunities.write"} <= set(query["scope"].split())
    code = vendor.app.authority.authorize()
    done = told("--code", f"https://hub.example.com/done?code={code}&state={query['state']}")
    assert done["ok"] and done["connected"] and not done["reconnect_needed"]
    assert connect.client().account(Stats())
    assert "is connected" in ghl_connect("--status")
    for secret in (stored().access_token, stored().refresh_token):
        assert secret not in json.dumps(done)


def test_a_bare_code_will_do(vendor: Vendor) -> None:
    said = ghl_connect()
    assert "/v2/oauth/chooselocation?" in said and "--code" in said
    ghl_connect("--code", vendor.app.authority.authorize())
    assert told("--status")["ok"]


def test_the_link_leads_to_the_vendor_or_to_where_the_app_says(vendor: Vendor, settings: Settings) -> None:
    settings.GHL_API_URL = "https://services.example.com"
    assert told()["url"].startswith("https://marketplace.example.com/v2/oauth/chooselocation?")
    settings.GHL_OAUTH_CONSENT_URL = "https://apps.example.com/install?version_id=7&scope=contacts.readonly"
    url = told()["url"]
    assert url.startswith("https://apps.example.com/install?")
    assert query_of(url) | {"state": ""} == {
        "response_type": "code", "client_id": settings.GHL_OAUTH_CLIENT_ID, "scope": "contacts.readonly", "version_id": "7",
        "state": "",
    }  # fmt: skip


WRONG = {
    "address of another link": ("https://x.example/?code={code}&state=mine", "does not belong"),
    "address without state": ("https://x.example/?code={code}", "does not belong"),
    "code that is none": ("no code at all", "That is no code"),
    "used-up code": ("abc", "A code works once"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_and_nothing_is_changed(vendor: Vendor, case: str) -> None:
    before = vendor.connect()
    ghl_connect()
    pasted, words = WRONG[case]
    with pytest.raises(CommandError, match=words):
        ghl_connect("--code", pasted.format(code=vendor.app.authority.authorize()))
    assert stored() == before


def test_another_sub_account_is_refused(vendor: Vendor, settings: Settings) -> None:
    settings.GHL_LOCATION_ID = "locAnother"
    with pytest.raises(CommandError, match="locSandbox0000000001, and GHL_LOCATION_ID is locAnother"):
        ghl_connect("--code", vendor.app.authority.authorize())
    assert told("--status", status=1)["connected"] is False


def test_an_agency_s_token_is_refused(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    real = vendor.app.authority._pair
    monkeypatch.setattr(vendor.app.authority, "_pair", lambda *given: real(*given) | {"userType": "Company"})
    with pytest.raises(CommandError, match="installed for a company"):
        ghl_connect("--code", vendor.app.authority.authorize())


def test_a_lost_answer_takes_the_code_with_it(vendor: Vendor) -> None:
    vendor.fault({"action": "drop", "path": "/oauth/token"})
    with pytest.raises(CommandError, match="get a new one"):
        ghl_connect("--code", vendor.app.authority.authorize())


@pytest.mark.parametrize("missing", ["GHL_LOCATION_ID", "GHL_OAUTH_CLIENT_ID", "GHL_OAUTH_CLIENT_SECRET"])
def test_what_is_not_set_is_named(vendor: Vendor, settings: Settings, missing: str) -> None:
    setattr(settings, missing, "")
    with pytest.raises(CommandError, match=missing):
        ghl_connect()


def test_a_dead_connection_shows_and_is_healed_by_connecting_again(vendor: Vendor) -> None:
    vendor.connect()
    age(60)
    vendor.app.authority.forget()
    tokens().current(Stats())
    found = told("--status")
    assert (found["ok"], found["reconnect_needed"]) == (True, True), "the access token lasts a minute yet"
    assert "connect again" in ghl_connect("--status").lower()
    refused = stored()
    tokens()._store.save(Grant(**refused.as_dict() | {"expires_at": refused.obtained_at}).as_dict())
    assert told("--status", status=1)["reconnect_needed"] is True
    ghl_connect("--code", vendor.app.authority.authorize())
    assert told("--status")["reconnect_needed"] is False


def test_disconnected_the_tokens_are_gone(vendor: Vendor) -> None:
    vendor.connect()
    assert told("--disconnect")["was_connected"] is True
    assert told("--disconnect")["was_connected"] is False
    assert tokens().stored() is None


def test_a_private_token_comes_first_and_that_is_said(vendor: Vendor, settings: Settings) -> None:
    settings.GHL_API_TOKEN = "pit-sandbox"
    assert "GHL_API_TOKEN" in ghl_connect()
    assert told("--status") == {"ok": True, "location": settings.GHL_LOCATION_ID, "private_token": True, "connected": False}


def test_without_keys_or_redis_it_says_so(vendor: Vendor, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SEAL_KEYS_FILES["ghl"].write_text("")
    with pytest.raises(CommandError, match="sealing keys"):
        ghl_connect("--code", vendor.app.authority.authorize())
    monkeypatch.setitem(settings.REDIS_URLS, "ghl", "redis://127.0.0.1:9/0")
    with pytest.raises(CommandError, match="Redis"):
        ghl_connect("--disconnect")
