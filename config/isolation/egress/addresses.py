"""Fence 5, below the names: a connection goes to exactly the address that was checked.

A host name is resolved once. What it resolves to is judged, and the socket connects to the judged address itself, so
that a name server cannot answer one thing to the check and another to the connection. TLS still verifies the name.

Loopback only where the address that was called names it (a sandbox), private networks only for hosts listed in
HUB_PRIVATE_HOSTS, everything else that is not the public internet never: cloud metadata (169.254.169.254), multicast,
reserved ranges, and IPv6 addresses that carry an IPv4 one inside.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.response import HTTPResponse

from config.isolation.actor import acting_unit
from config.isolation.egress import deadline, guard
from config.isolation.errors import EgressRefused

IP = IPv4Address | IPv6Address

# Addresses that stand for another one: judged by their looks, they would lead around the rules.
_CARRIERS = tuple(
    IPv6Network(network)
    for network in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
)
_LOOPBACK_4, _LOOPBACK_6 = IPv4Network("127.0.0.0/8"), IPv6Address("::1")
_PRIVATE: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(network) for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)


def objection(host: str, address: IP) -> str:
    """Why `host`, which resolved to `address`, may not be called there; '' where it may."""
    if _is_loopback(address):  # ::1 lies within a carrier's range
        return "" if names_loopback(host) else "is this machine itself"
    if address.is_unspecified:
        return "is no address"
    if isinstance(address, IPv6Address) and any(address in network for network in _CARRIERS):
        return "is an IPv4 address in disguise"
    if any(address.version == network.version and address in network for network in _PRIVATE):
        return "" if _is_private_host(host) else "is in a private network"
    if isinstance(address, IPv6Address) and address.is_site_local:  # out of use, and global by its looks
        return "is in a private network"
    if address.is_link_local or address.is_multicast or address.is_reserved or not address.is_global:
        return "is not on the internet"
    return ""


def names_loopback(host: str) -> bool:
    """localhost, 127.0.0.0/8 or ::1: what a sandbox is configured with."""
    if host.lower() == "localhost":
        return True
    try:
        return _is_loopback(ip_address(host.strip("[]")))
    except ValueError:
        return False


def _is_loopback(address: IP) -> bool:
    """Not `is_loopback`: what that says of a disguised address depends on the version of Python."""
    return address == _LOOPBACK_6 or (address.version == 4 and address in _LOOPBACK_4)


def _is_private_host(host: str) -> bool:
    return host.lower().strip("[]").rstrip(".") in settings.HUB_PRIVATE_HOSTS


def resolved(host: str, port: int) -> list[tuple[int, int, Any]]:
    """(family, protocol, address) of every address that may be called. Raises EgressRefused where none is left."""
    bare = host.strip("[]").rstrip(".")
    objections = []
    allowed: list[tuple[int, int, Any]] = []
    for family, _, protocol, _, address in socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM):
        if said := objection(bare, ip_address(str(address[0]))):
            objections.append(f"{address[0]} {said}")
        else:
            allowed.append((family, protocol, address))
    if not allowed:
        raise EgressRefused(
            f"'{acting_unit().name}' called {bare}, which resolves to: {'; '.join(objections) or 'nothing'}. "
            "Where that is meant, list the host in HUB_PRIVATE_HOSTS (private networks), or configure localhost (a sandbox)."
        )
    return allowed


def connected(host: str, port: int, timeout: Any = None, options: Sequence[tuple[Any, ...]] = ()) -> socket.socket:
    """A TCP connection to the first checked address that answers. Raises EgressRefused, or OSError as sockets do.

    For what is not HTTP as well, such as mail: the one who calls has checked that his unit may call this host.
    """
    failure: OSError | None = None
    for family, protocol, address in resolved(host, port):
        connection = socket.socket(family, socket.SOCK_STREAM, protocol)
        try:
            connection.settimeout(timeout)
            for option in options:
                connection.setsockopt(*option)
            with guard.checked(address):
                connection.connect(address)
        except OSError as error:
            failure = error
            connection.close()
        else:
            return connection
    assert failure is not None
    raise failure


def _opened(connection: HTTPConnection) -> socket.socket:
    """In place of urllib3's `_new_conn`, with its errors."""
    timeout = connection.timeout
    try:
        return connected(connection._dns_host, connection.port, timeout, connection.socket_options or ())
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, f"{connection.host} did not answer in {timeout} s") from error
    except OSError as error:
        raise NewConnectionError(connection, f"No connection to {connection.host}: {error}") from error


class CheckedHTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _opened(self)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # urllib3's own override
        deadline.watch(self.sock)
        return super().getresponse()


class CheckedHTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _opened(self)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # urllib3's own override
        deadline.watch(self.sock)
        return super().getresponse()


class CheckedHTTPPool(HTTPConnectionPool):
    ConnectionCls = CheckedHTTPConnection


class CheckedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = CheckedHTTPSConnection


class CheckedAdapter(HTTPAdapter):
    """The adapter of `UnitSession`: no retries of its own, no proxies, connections to checked addresses only."""

    def __init__(self) -> None:
        super().__init__(max_retries=0, pool_connections=4)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": CheckedHTTPPool, "https": CheckedHTTPSPool}

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        raise EgressRefused(f"'{acting_unit().name}' tried to call through a proxy. Units call their APIs directly.")
