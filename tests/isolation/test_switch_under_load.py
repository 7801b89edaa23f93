"""A switch thrown while two units send as fast as they can: one stops at once, the other does not notice."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from config.isolation import switches
from config.isolation.manifest import BY_NAME
from config.isolation.models import SwitchChange
from config.isolation.process import environment_for
from config.isolation.switches import Mode

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
PACE_S = 0.004  # of the vendor: both units send a few hundred calls a second at most
LONG = 4.0  # seconds of sending, of holding, of sending
MOST_S = 2.0  # from the throw to the last call


@dataclass
class Vendor:
    """`arrivals`: (when, number) of every call that came."""

    url: str = ""
    arrivals: list[tuple[float, int]] = field(default_factory=list)

    def between(self, start: float, end: float) -> int:
        return sum(1 for when, _ in self.arrivals if start <= when < end)


@contextmanager
def vendor() -> Iterator[Vendor]:
    found = Vendor()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            found.arrivals.append((time.monotonic(), int(re.findall(r"\d+$", self.path)[0])))
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(PACE_S)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


def start(unit: str, setting: str, path: str, count: int, url: str) -> "subprocess.Popen[bytes]":
    environment = environment_for([BY_NAME[unit]]) | {setting: url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    arguments = [sys.executable, "-m", "tests.isolation.pusher", unit, setting, path, str(count)]
    return subprocess.Popen(arguments, cwd=ROOT, env=environment)


def turn(mode: str) -> float:
    """When the switch had been turned."""
    switches.turn(SwitchChange(switch="ghl", mode=mode, who="olga", why="wrong prices"))
    return time.monotonic()


def test_one_unit_stops_within_two_seconds_and_the_other_runs_on() -> None:
    switches.publish()
    with vendor() as ghl, vendor() as salesforce:
        pushers = [
            start("ghl", "GHL_API_URL", "/contacts/", 1500, ghl.url),
            start("salesforce", "SALESFORCE_INSTANCE_URL", "/services/data/v67.0/sobjects/", 100_000, salesforce.url),
        ]
        try:
            _wait(lambda: len(ghl.arrivals) > 100 and len(salesforce.arrivals) > 100)
            began = time.monotonic()
            time.sleep(LONG)
            thrown = turn(Mode.HOLD)
            time.sleep(LONG)
            released = turn(Mode.RUN)
            pushers[0].wait(timeout=120)
        finally:
            for pusher in pushers:
                pusher.kill()
                pusher.wait()
    during = [when for when, _ in ghl.arrivals if thrown < when < released]
    assert max(during, default=thrown) - thrown < MOST_S
    assert len(during) <= ghl.between(began, thrown) * MOST_S / LONG, "it went on as if nothing had been said"
    assert sorted(number for _, number in ghl.arrivals) == list(range(1500)), "nothing lost, nothing twice"
    before, meanwhile = salesforce.between(began, thrown), salesforce.between(thrown, released)
    assert meanwhile > 0.8 * before * (released - thrown) / (thrown - began)


def _wait(true: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
