"""Around the fence: whatever opens a connection in this process meets the guard, in production as here."""

import ast
import asyncio
import contextvars
import http.client
import os
import smtplib
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis
import requests
from django.conf import settings as project
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress import guard
from config.isolation.egress.session import UnitSession
from config.isolation.errors import IsolationViolation
from config.isolation.manifest import BY_NAME
from tests.isolation.egress.conftest import Vendor

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def port() -> Iterator[int]:
    """Somebody listens there whom no unit may call."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def _by_asyncio(port: int) -> None:
    async def call() -> None:
        await asyncio.open_connection("127.0.0.1", port)

    with ThreadPoolExecutor(1) as pool:  # the browser's tests leave a loop running in this one
        pool.submit(contextvars.copy_context().run, lambda: asyncio.run(call())).result()


def _by_datagram(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", port))


def _by_message(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendmsg([b"x"], [], 0, ("127.0.0.1", port))


def _by_connect_ex(port: int) -> None:
    with socket.socket() as probe:
        probe.connect_ex(("127.0.0.1", port))


WAYS: dict[str, Callable[[int], Any]] = {
    "socket": lambda port: socket.create_connection(("127.0.0.1", port)),
    "socket, by name": lambda port: socket.create_connection(("localhost", port)),
    "connect_ex": _by_connect_ex,
    "datagram": _by_datagram,
    "sendmsg": _by_message,
    "requests": lambda port: requests.get(f"http://127.0.0.1:{port}", timeout=2),
    "urllib": lambda port: urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=2),
    "http.client": lambda port: http.client.HTTPConnection("127.0.0.1", port, timeout=2).connect(),
    "smtplib": lambda port: smtplib.SMTP("127.0.0.1", port, timeout=2),
    "asyncio": _by_asyncio,
    "another Redis": lambda port: redis.Redis(port=port, socket_timeout=2).ping(),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_out_but_ours_is_refused(port: int, way: str) -> None:
    with acting_as("ghl"), pytest.raises(IsolationViolation, match=rf"'ghl' tried .* port {port}.*UnitSession"):
        WAYS[way](port)


def test_ipv6_is_no_way_around() -> None:
    with socket.socket(socket.AF_INET6) as probe, pytest.raises(IsolationViolation):
        probe.connect(("::1", 9))


def test_a_thread_of_its_own_is_no_way_around(port: int) -> None:
    met: list[type[BaseException]] = []

    def call() -> None:
        try:
            socket.create_connection(("127.0.0.1", port))
        except IsolationViolation as error:
            met.append(type(error))

    with guard.trusted("a thread must not inherit this"):
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
    assert met == [IsolationViolation]


def test_only_the_checked_address_is_let_through(port: int) -> None:
    with guard.checked(("127.0.0.1", port)):
        socket.create_connection(("127.0.0.1", port)).close()
        with pytest.raises(IsolationViolation):
            socket.create_connection(("127.0.0.1", port + 1))
    with pytest.raises(IsolationViolation):
        socket.create_connection(("127.0.0.1", port))


def test_our_session_our_redis_and_unix_sockets_pass(vendor: Vendor, tmp_path: Path) -> None:
    assert UnitSession(BY_NAME["servicetitan"]).get(f"{vendor.url}/crm/v2/x", timeout=5).status_code == 200
    assert redis.Redis.from_url(project.REDIS_URL).ping()
    place = os.path.relpath(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as caller:
        listener.bind(place)
        listener.listen()
        caller.connect(place)


def test_a_redis_that_moved_is_found_again(settings: Settings, port: int) -> None:
    settings.CELERY_BROKER_URL = f"redis://localhost:{port}/0"
    socket.create_connection(("127.0.0.1", port)).close()
    with pytest.raises(IsolationViolation):
        socket.create_connection(("127.0.0.1", port + 1))


def test_an_opening_has_a_name_and_an_end(port: int) -> None:
    with guard.trusted("this test"):
        socket.create_connection(("127.0.0.1", port)).close()
    with pytest.raises(IsolationViolation):
        socket.create_connection(("127.0.0.1", port))


@pytest.mark.parametrize("environment", ["development", "production"])
def test_it_stands_in_production_as_well(environment: str) -> None:
    """A process as an operator starts it, with nothing of the suite in it."""
    program = (
        "import django, socket; django.setup()\n"
        "try: socket.create_connection(('127.0.0.1', 9))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    given = {"DATABASE_URL": "postgres://a:b@127.0.0.1/x", "REDIS_URL": "redis://127.0.0.1/0", "HUB_SECRET_KEY": "x" * 50}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | given | {"DJANGO_SETTINGS_MODULE": "config.settings", "HUB_ENV": environment},
    )  # fmt: skip
    assert done.stdout.startswith("IsolationViolation Something that acts as 'backoffice' tried socket.connect"), done.stderr


def test_installing_it_again_changes_nothing() -> None:
    guard.install()
    assert len(guard._installed) == 1


OPENINGS = {
    "config/embedded/valkey.py": 2,  # the launcher asks the port it was given whether its own server answers
    "config/jobs/demo.py": 1,  # waits for the servers it started
    "config/mail.py": 1,  # sends mail to the servers of the settings
    "config/jobs/sandbox.py": 2,  # lets time pass at our own sandbox; emulated vendors send webhooks, to this machine only
}


def test_every_opening_is_known() -> None:
    """A new one is a hole in the fence: it needs a reason here."""
    found: dict[str, int] = {}
    for top in ("config", "servicetitan", "integrations", "salesforce", "automation"):
        for path in (ROOT / top).rglob("*.py"):
            calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
            count = sum(ast.unparse(call.func).split(".")[-1] == "trusted" for call in calls)
            if count:
                found[str(path.relative_to(ROOT))] = count
    assert found == OPENINGS


def test_only_the_checked_connection_vouches_for_an_address() -> None:
    users = {
        str(path.relative_to(ROOT))
        for top in ("config", "servicetitan", "integrations", "salesforce", "automation")
        for path in (ROOT / top).rglob("*.py")
        if "guard.checked" in path.read_text()
    }
    assert users == {"config/isolation/egress/addresses.py"}
