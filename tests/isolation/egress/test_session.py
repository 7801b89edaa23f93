"""Fence 5: a unit's session calls what the manifest gives it, and nothing else; refused before a byte is sent."""

import socket
import time

import pytest
import requests
from pytest_django.fixtures import Settings
from requests.adapters import HTTPAdapter

from config.isolation.actor import acting_as
from config.isolation.egress import session as sessions
from config.isolation.egress.session import EgressRefused, UnitSession
from config.isolation.errors import IsolationViolation
from config.isolation.manifest import BY_NAME
from tests.isolation.egress.conftest import Vendor, misbehaving

API = "https://api.vendor.example"


def session() -> UnitSession:
    return UnitSession(BY_NAME["servicetitan"])


ALLOWED = [
    ("GET", "/crm/v2/tenant/1/customers"),
    ("GET", "/accounting/v2/tenant/1/export/invoices?from=a%2Fb"),
    ("POST", "/connect/token"),
]
REFUSED = [
    ("POST", "{url}/crm/v2/tenant/1/customers"),
    ("PATCH", "{url}/jpm/v2/tenant/1/jobs/1"),
    ("DELETE", "{url}/crm/v2/tenant/1/customers/1"),
    ("GET", "{url}/connect/token"),
    ("POST", "{url}/connect/revocation"),
    ("GET", "{url}/payroll/v2/tenant/1/payrolls"),
    ("GET", "{url}/crm/v1/tenant/1/customers"),
    ("GET", "https://services.leadconnectorhq.com/contacts"),
    ("GET", "https://{place}/crm/v2/tenant/1/customers"),
    ("GET", "http://127.0.0.1:9/crm/v2/tenant/1/customers"),
    ("GET", "http://127.0.0.2/crm/v2/x"),
    ("GET", "http://127.0.0.1.evil.example/crm/v2/x"),
    ("GET", "http://{place}@evil.example/crm/v2/x"),
    ("GET", "http://me:pw@{place}/crm/v2/x"),
    ("GET", "{url}/crm/v2/../../payroll/v2/x"),
    ("GET", "{url}/crm/v2/%2e%2e/%2e%2e/payroll/v2/x"),
    ("GET", "{url}/crm/v2/%252e%252e/payroll"),
    ("GET", "{url}/crm/v2/..\\..\\payroll"),
    ("GET", "file:///etc/passwd"),
    ("GET", "http://169.254.169.254/latest/meta-data"),
]


@pytest.mark.parametrize(("method", "path"), ALLOWED)
def test_what_the_manifest_gives_goes_out(vendor: Vendor, method: str, path: str) -> None:
    assert session().request(method, f"{vendor.url}{path}", timeout=5).status_code == 200
    assert vendor.seen == [f"{method} {path}"]


@pytest.mark.parametrize(("method", "url"), REFUSED)
def test_all_else_is_refused(vendor: Vendor, method: str, url: str) -> None:
    with pytest.raises(EgressRefused, match="It may call: GET below"):
        session().request(method, url.format(url=vendor.url, place=vendor.url.removeprefix("http://")), timeout=5)
    assert vendor.seen == []


def test_a_prepared_request_meets_the_same_rules(vendor: Vendor) -> None:
    prepared = requests.Request("DELETE", f"{vendor.url}/crm/v2/tenant/1/customers/1").prepare()
    with pytest.raises(EgressRefused, match="It may call"):
        session().send(prepared, timeout=5)
    assert vendor.seen == []


def test_another_unit_cannot_use_the_session(vendor: Vendor) -> None:
    with acting_as("ghl"), pytest.raises(EgressRefused, match="'ghl' tried to use the session of 'servicetitan'"):
        session().get(f"{vendor.url}/crm/v2/x", timeout=5)
    assert vendor.seen == []


def test_a_unit_without_an_api_calls_nobody() -> None:
    with acting_as("backoffice"), pytest.raises(EgressRefused, match="It may call: nothing"):
        UnitSession(BY_NAME["backoffice"]).get(f"{API}/crm/v2/x", timeout=5)


@pytest.mark.parametrize("timeout", [None, 0, (), (5, None), (0, 5), (None, None), -1])
def test_a_timeout_cannot_be_left_out(vendor: Vendor, timeout: object) -> None:
    with pytest.raises(EgressRefused, match="without a timeout"):
        session().get(f"{vendor.url}/crm/v2/x", timeout=timeout)  # type: ignore[arg-type]
    assert vendor.seen == []


def test_tls_is_always_verified(vendor: Vendor) -> None:
    ours = session()
    with pytest.raises(EgressRefused, match="TLS is always verified"):
        ours.get(f"{vendor.url}/crm/v2/x", timeout=5, verify=False)
    ours.verify = False
    with pytest.raises(EgressRefused, match="TLS is always verified"):
        ours.get(f"{vendor.url}/crm/v2/x", timeout=5)
    assert vendor.seen == []


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect"])
@pytest.mark.parametrize("place", ["https://evil.example/", "/payroll/v2/x", "http://[nonsense"])
def test_redirects_are_not_followed(vendor: Vendor, status: str, place: str) -> None:
    vendor.answers = [(status, [("Location", place)], b"gone")]
    answer = session().get(f"{vendor.url}/crm/v2/x", timeout=5, allow_redirects=True)
    assert answer.status_code == int(status[:3])
    assert answer.history == []
    assert vendor.seen == ["GET /crm/v2/x"]


def test_a_redirect_to_another_server_never_reaches_it(vendor: Vendor) -> None:
    reached: list[bytes] = []
    with misbehaving(lambda connection: reached.append(connection.recv(1))) as elsewhere:
        vendor.answers = [("307 Temporary Redirect", [("Location", f"{elsewhere}/crm/v2/x")], b"")]
        session().post(f"{vendor.url}/connect/token", data={"client_secret": "sesame"}, timeout=5)
    assert reached == []


def test_the_refusal_shows_no_query() -> None:
    """Queries and logins may be secret: they do not belong into a log."""
    with acting_as("servicetitan"), pytest.raises(EgressRefused) as refused:
        session().get("https://evil.example/x?token=sesame", timeout=5)
    assert "sesame" not in str(refused.value)


def test_the_environments_proxies_are_ignored(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert session().get(f"{vendor.url}/crm/v2/x", timeout=5).status_code == 200


def test_a_proxy_that_is_asked_for_is_refused(vendor: Vendor) -> None:
    with pytest.raises(EgressRefused, match="through a proxy"):
        session().get(f"{vendor.url}/crm/v2/x", timeout=5, proxies={"http": "http://127.0.0.1:9"})
    assert vendor.seen == []


def test_another_adapter_does_not_get_around_the_fence(vendor: Vendor) -> None:
    ours = session()
    ours.mount("http://", HTTPAdapter())
    with pytest.raises(IsolationViolation, match="around the fence"):
        ours.get(f"{vendor.url}/crm/v2/x", timeout=5)
    assert vendor.seen == []


def test_a_server_that_hangs_costs_its_timeout(settings: Settings) -> None:
    with misbehaving(lambda connection: time.sleep(2)) as url, acting_as("servicetitan"):
        settings.SERVICETITAN_API_URL = url
        began = time.monotonic()
        with pytest.raises(requests.ReadTimeout):
            session().get(f"{url}/crm/v2/x", timeout=0.3)
        assert time.monotonic() - began < 1.5


def drip(head: bytes) -> object:
    """Never silent for as long as a timeout, and never done."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(b"x")
            time.sleep(0.1)

    return behave


SLOW = {"headers": b"HTTP/1.1 200 OK\r\nX-Slow: ", "body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"}


@pytest.mark.parametrize("part", SLOW)
def test_a_server_that_is_never_done_is_cut_off(settings: Settings, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.setattr(sessions, "WHOLE", 1)
    with misbehaving(drip(SLOW[part])) as url, acting_as("servicetitan"):  # type: ignore[arg-type]
        settings.SERVICETITAN_API_URL = url
        began = time.monotonic()
        with pytest.raises(requests.ReadTimeout, match="no whole answer within 1 s"):
            session().get(f"{url}/crm/v2/x", timeout=(0.5, 0.5))
        assert time.monotonic() - began < 3
