"""Fence 5: a unit's session calls what the manifest gives it, and nothing else; refused before a byte is sent."""

import pytest
import requests
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress.session import EgressRefused, UnitSession
from config.isolation.manifest import BY_NAME

API, AUTH = "https://api.vendor.example", "https://auth.vendor.example"


@pytest.fixture(autouse=True)
def addresses(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Configured addresses; what would be sent is collected instead."""
    settings.SERVICETITAN_API_URL, settings.SERVICETITAN_AUTH_URL = API, AUTH
    sent: list[str] = []

    def send(self: object, request: requests.PreparedRequest, **options: object) -> requests.Response:
        sent.append(f"{request.method} {request.url}")
        response = requests.Response()
        response.status_code, response.request, response.url = 200, request, str(request.url)
        response.raw = None
        response._content = b""
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    return sent


def session() -> UnitSession:
    return UnitSession(BY_NAME["servicetitan"])


ALLOWED = [
    ("GET", f"{API}/crm/v2/tenant/1/customers"),
    ("GET", f"{API}/accounting/v2/tenant/1/export/invoices?from=a%2Fb"),
    ("POST", f"{AUTH}/connect/token"),
]
REFUSED = [
    ("POST", f"{API}/crm/v2/tenant/1/customers"),
    ("PATCH", f"{API}/jpm/v2/tenant/1/jobs/1"),
    ("DELETE", f"{API}/crm/v2/tenant/1/customers/1"),
    ("GET", f"{AUTH}/connect/token"),
    ("POST", f"{AUTH}/connect/revocation"),
    ("GET", f"{API}/payroll/v2/tenant/1/payrolls"),
    ("GET", f"{API}/crm/v1/tenant/1/customers"),
    ("GET", "https://services.leadconnectorhq.com/contacts"),
    ("GET", "http://api.vendor.example/crm/v2/tenant/1/customers"),
    ("GET", "https://api.vendor.example:8443/crm/v2/tenant/1/customers"),
    ("GET", "https://api.vendor.example.evil.example/crm/v2/x"),
    ("GET", "https://api.vendor.example@evil.example/crm/v2/x"),
    ("GET", "https://me:pw@api.vendor.example/crm/v2/x"),
    ("GET", f"{API}/crm/v2/../../payroll/v2/x"),
    ("GET", f"{API}/crm/v2/%2e%2e/%2e%2e/payroll/v2/x"),
    ("GET", f"{API}/crm/v2/%252e%252e/payroll"),
    ("GET", f"{API}/crm/v2/..\\..\\payroll"),
    ("GET", "file:///etc/passwd"),
    ("GET", "http://169.254.169.254/latest/meta-data"),
]


@pytest.mark.parametrize(("method", "url"), ALLOWED)
def test_what_the_manifest_gives_goes_out(addresses: list[str], method: str, url: str) -> None:
    with acting_as("servicetitan"):
        assert session().request(method, url, timeout=5).status_code == 200
    assert addresses == [f"{method} {url}"]


@pytest.mark.parametrize(("method", "url"), REFUSED)
def test_all_else_is_refused(addresses: list[str], method: str, url: str) -> None:
    with acting_as("servicetitan"), pytest.raises(EgressRefused, match="It may call: GET below"):
        session().request(method, url, timeout=5)
    assert addresses == []


def test_another_unit_cannot_use_the_session(addresses: list[str]) -> None:
    with acting_as("ghl"), pytest.raises(EgressRefused, match="'ghl' tried to use the session of 'servicetitan'"):
        session().get(ALLOWED[0][1], timeout=5)
    assert addresses == []


def test_a_unit_without_an_api_calls_nobody() -> None:
    with acting_as("monitor"), pytest.raises(EgressRefused, match="It may call: nothing"):
        UnitSession(BY_NAME["monitor"]).get(f"{API}/crm/v2/x", timeout=5)


@pytest.mark.parametrize("timeout", [None, 0, ()])
def test_a_timeout_cannot_be_left_out(addresses: list[str], timeout: object) -> None:
    with acting_as("servicetitan"), pytest.raises(EgressRefused, match="without a timeout"):
        session().get(ALLOWED[0][1], timeout=timeout)  # type: ignore[arg-type]
    assert addresses == []


def test_redirects_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    def redirect(self: object, request: requests.PreparedRequest, **options: object) -> requests.Response:
        response = requests.Response()
        response.status_code, response.request, response.url = 302, request, str(request.url)
        response.headers["Location"] = "https://evil.example/"
        response._content = b""
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", redirect)
    with acting_as("servicetitan"):
        answer = session().get(ALLOWED[0][1], timeout=5, allow_redirects=True)
    assert answer.status_code == 302
    assert answer.history == []


def test_the_refusal_shows_no_query() -> None:
    """Queries and logins may be secret: they do not belong into a log."""
    with acting_as("servicetitan"), pytest.raises(EgressRefused) as refused:
        session().get("https://evil.example/x?token=sesame", timeout=5)
    assert "sesame" not in str(refused.value)


def test_the_environments_proxies_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    assert session().trust_env is False
