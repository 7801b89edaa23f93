"""Below the names: a connection goes to exactly the address that was checked, and only to one that may be called."""

import socket
from ipaddress import ip_address
from typing import Any

import pytest
import requests
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress.addresses import connected, objection, resolved
from config.isolation.egress.session import EgressRefused, UnitSession
from config.isolation.manifest import BY_NAME
from tests.isolation.egress.conftest import Vendor

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"]
PRIVATE = ["10.0.0.1", "172.16.5.4", "192.168.1.1", "100.64.0.1", "fd00::1"]
NEVER = [
    "169.254.169.254", "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
    "::", "fe80::1", "ff02::1", "2001:db8::1", "fec0::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808",
    "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "::ffff:0:7f00:1",
]  # fmt: skip
LOOPBACK = ["127.0.0.1", "127.9.9.9", "::1"]


@pytest.mark.parametrize("address", PUBLIC)
def test_the_internet_may_be_called(address: str) -> None:
    assert objection("api.vendor.example", ip_address(address)) == ""


@pytest.mark.parametrize("address", [*PRIVATE, *NEVER, *LOOPBACK])
def test_what_is_not_the_internet_may_not(address: str) -> None:
    assert objection("api.vendor.example", ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_network_needs_a_listed_host(settings: Settings, address: str) -> None:
    settings.HUB_PRIVATE_HOSTS = {"gateway.internal"}
    assert objection("Gateway.internal", ip_address(address)) == ""
    assert objection("other.internal", ip_address(address))


@pytest.mark.parametrize("address", [*NEVER, *LOOPBACK])
def test_a_listed_host_is_no_way_to_the_rest(settings: Settings, address: str) -> None:
    settings.HUB_PRIVATE_HOSTS = {"gateway.internal"}
    assert objection("gateway.internal", ip_address(address))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.7", "::1", "[::1]"])
def test_loopback_is_for_addresses_that_name_it(host: str) -> None:
    assert objection(host, ip_address("127.0.0.1")) == ""
    assert objection(host, ip_address("10.0.0.1"))


@pytest.mark.parametrize("host", ["localhost.evil.example", "evil-localhost", "127.0.0.1.evil.example", "2130706433", "0x7f.1"])
def test_what_only_looks_like_loopback_does_not_reach_it(host: str) -> None:
    assert objection(host, ip_address("127.0.0.1"))


class Resolver:
    """Answers one list of addresses after the other; the last for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in found]
        return [(f, socket.SOCK_STREAM, 6, "", (address, port)) for f, address in zip(families, found, strict=True)]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(*answers: list[str]) -> Resolver:
        made = Resolver(*answers)
        monkeypatch.setattr(socket, "getaddrinfo", made)
        return made

    return install


def test_a_name_that_leads_home_is_refused_before_a_byte_is_sent(
    vendor: Vendor, settings: Settings, resolver: Any
) -> None:
    """The name passes the allow list; its address does not."""
    resolver(["127.0.0.1"])
    settings.SERVICETITAN_API_URL = vendor.url.replace("127.0.0.1", "api.vendor.example")
    with pytest.raises(EgressRefused, match=r"api.vendor.example, which resolves to: 127\.0\.0\.1 is this machine itself"):
        UnitSession(BY_NAME["servicetitan"]).get(f"{settings.SERVICETITAN_API_URL}/crm/v2/x", timeout=5)
    assert vendor.seen == []


def test_a_resolver_that_changes_its_answer_changes_nothing(vendor: Vendor, settings: Settings, resolver: Any) -> None:
    """Public when checked, home when used: with one look-up there is no second answer."""
    rebinding = resolver(["93.184.216.34"], ["127.0.0.1"])
    settings.SERVICETITAN_API_URL = vendor.url.replace("127.0.0.1", "api.vendor.example")
    with pytest.raises((requests.ConnectTimeout, requests.ConnectionError)):
        UnitSession(BY_NAME["servicetitan"]).get(f"{settings.SERVICETITAN_API_URL}/crm/v2/x", timeout=0.2)
    assert rebinding.asked == 1
    assert vendor.seen == []


def test_forbidden_ones_among_several_addresses_are_skipped(vendor: Vendor, resolver: Any) -> None:
    resolver(["10.0.0.1", "169.254.169.254", "127.0.0.1"])
    port = int(vendor.url.rpartition(":")[2])
    assert [address for _, _, address in resolved("localhost", port)] == [("127.0.0.1", port)]
    with connected("localhost", port, timeout=5) as connection:
        assert connection.getpeername() == ("127.0.0.1", port)


def test_where_none_is_left_the_refusal_names_them_all(resolver: Any) -> None:
    resolver(["10.0.0.1", "::ffff:8.8.8.8"])
    with pytest.raises(EgressRefused, match=r"10\.0\.0\.1 is in a private network; ::ffff:8\S+ is an IPv4.*HUB_PRIVATE"):
        resolved("api.vendor.example", 443)


def test_a_name_nobody_knows_is_no_connection(settings: Settings) -> None:
    settings.SERVICETITAN_API_URL = "https://nobody.invalid"
    with acting_as("servicetitan"), pytest.raises(requests.ConnectionError, match=r"nobody\.invalid"):
        UnitSession(BY_NAME["servicetitan"]).get("https://nobody.invalid/crm/v2/x", timeout=5)


def test_a_closed_port_is_no_connection() -> None:
    with pytest.raises(ConnectionRefusedError):
        connected("localhost", 9, timeout=5)
