"""Fence 5, enforced: Python opens no network connection but those of `UnitSession`, in production as under test.

An audit hook sees every `connect`, `sendto` and `sendmsg` of this process, whichever library makes it, and refuses
what is neither a checked connection (`addresses.py`), nor a Redis or the collector of the settings, nor a named opening:

    with guard.trusted("waits for our own server to listen"):

PostgreSQL's libpq is not Python's and is not seen; its fence is the database's own. Unix sockets stay free. Who runs
foreign machine code, or `ctypes`, passes the hook: it stops mistakes, and the proxy or firewall stops attackers.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from config.isolation.actor import acting_unit
from config.isolation.errors import IsolationViolation

Address = tuple[Any, ...]  # (host, port) and, for IPv6, two more

PORTS = {"redis": 6379, "rediss": 6379, "http": 80, "https": 443}
_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_NETWORK = (socket.AF_INET, socket.AF_INET6)
_opening: ContextVar[str] = ContextVar("trusted_opening", default="")
_checked: ContextVar[Address | None] = ContextVar("checked_address", default=None)


@contextmanager
def trusted(why: str) -> Iterator[None]:
    """Let the block connect to anything. For probing our own ports; a test lists all uses. New threads do not inherit it."""
    token = _opening.set(why)
    try:
        yield
    finally:
        _opening.reset(token)


@contextmanager
def checked(address: Address) -> Iterator[None]:
    """Let the block connect to exactly this address. Called by `addresses.py`, which has checked it."""
    token = _checked.set(address)
    try:
        yield
    finally:
        _checked.reset(token)


class _Infrastructure:
    """Where the servers of the settings are: names, and the addresses they had when last looked up."""

    def __init__(self) -> None:
        self._known: frozenset[tuple[str, int]] = frozenset()

    def has(self, place: tuple[str, int]) -> bool:
        if place in self._known:
            return True
        self._known = frozenset(self._look_up())  # a server that moved, or settings that a test changed
        return place in self._known

    def _look_up(self) -> Iterator[tuple[str, int]]:
        for host, port in {place for url in _urls() if (place := _place(url))}:
            yield host, port
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except OSError:  # a name that is not known just now: the connection will say so itself
                continue
            yield from ((str(address[0]), port) for *_, address in found)


def _urls() -> Iterator[str]:
    yield settings.OTEL_EXPORTER_OTLP_ENDPOINT
    yield settings.REDIS_URL
    yield from getattr(settings, "REDIS_URLS", {}).values()  # each unit's own
    yield settings.CELERY_BROKER_URL
    for cache in settings.CACHES.values():
        location = cache.get("LOCATION", "")
        yield from [location] if isinstance(location, str) else location


def _place(url: str) -> tuple[str, int] | None:
    parts = urlsplit(url)
    return (parts.hostname, parts.port or PORTS[parts.scheme]) if parts.scheme in PORTS and parts.hostname else None


_infrastructure = _Infrastructure()


def _examine(event: str, arguments: tuple[Any, ...]) -> None:
    """Raises IsolationViolation for an address that nobody allowed."""
    connection, address = arguments
    if address is None or connection.family not in _NETWORK or _opening.get():
        return  # without an address: sent over a connection that was let through when it was made
    if address == _checked.get() or _infrastructure.has((str(address[0]), int(address[1]))):
        return
    if event == "socket.connect":
        connection.close()  # callers close only after errors of sockets
    raise IsolationViolation(
        f"Something that acts as '{acting_unit().name}' tried {event} to {address[0]}, port {address[1]}, around the fence. "
        "Units call their APIs with `UnitSession` (config/isolation/egress/session.py) and their Redis with the address "
        "in the settings; what the hub must reach besides is opened by name, with `guard.trusted`."
    )


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    # Every audit event of the process comes here, imports and file openings too: this line costs 0.3 microseconds each.
    if event in _EVENTS:
        _examine(event, arguments)


_installed: list[bool] = []


def install() -> None:
    """From now on, for good: Python has no way to take an audit hook away. Called when the apps are ready."""
    if not _installed:
        _installed.append(True)
        sys.addaudithook(_hook)
