"""Commands of the hub as processes of their own, against the test's database, its Redis and its emulated vendors."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connections

from config.isolation import switches
from config.isolation.manifest import UNITS

ROOT = Path(__file__).resolve().parents[2]
VENDORS = ("SERVICETITAN_", "GHL_", "TWILIO_", "MESSAGING_")


def environment() -> dict[str, str]:
    """Of a machine that knows every unit's login and every vendor's settings."""
    names = [name for name in dir(settings) if name.startswith(VENDORS)]
    known = {name: str(getattr(settings, name)) for name in names if isinstance(getattr(settings, name), str | int)}
    logins = {f"{unit.name.upper()}_DATABASE_URL": url(unit.alias) for unit in UNITS}
    users = {f"{unit.name.upper()}_REDIS_URL": settings.REDIS_URLS[unit.name] for unit in UNITS}
    own = {"DJANGO_SETTINGS_MODULE": "config.settings", "HUB_SECRET_KEY": "x", "HUB_BUS_URL": settings.CELERY_BROKER_URL}
    return os.environ | known | logins | users | own


def url(alias: str) -> str:
    """Of the test's database, for the role behind an alias."""
    login = connections[alias].settings_dict
    return f"postgres://{login['USER']}:{login['PASSWORD']}@{login['HOST']}:{login['PORT']}/{login['NAME']}"


class Processes:
    """Ended at the end, by their ids."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=environment() | more, stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.started.append(process)
        return process

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def processes() -> Iterator[Processes]:
    """The queue is empty before and after."""
    broker = redis.Redis.from_url(settings.REDIS_URL)
    broker.flushdb()
    switches.publish()
    started = Processes()
    yield started
    started.end()
    broker.flushdb()
    switches.publish()


def until(true: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
