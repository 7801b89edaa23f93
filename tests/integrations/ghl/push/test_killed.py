"""Killed with SIGKILL at random moments, under faults, and started again: everything is there once."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from integrations.ghl.models import SyncRun
from tests.integrations.ghl.push.conftest import Vendor
from tests.integrations.ghl.push.truth import wrong
from tests.mirror import customer, estimate, load, people

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

ROOT = Path(__file__).resolve().parents[4]
PEOPLE = int(os.environ.get("HUB_TEST_KILLED_PEOPLE", "120"))  # four operations each: 2,500 make ten thousand
KILLS = 7
FAULTS = (
    {"action": "drop", "share": 0.05, "times": 0},
    {"action": "status", "status": 500, "commit": True, "share": 0.02, "times": 0, "seed": 2},
    {"action": "html", "status": 502, "share": 0.02, "times": 0, "seed": 3},
    {"action": "silence", "seconds": 3.0, "share": 0.01, "times": 0, "seed": 4},
)


def command(*arguments: str) -> subprocess.Popen[bytes]:
    """The command as an operator starts it, given only its own unit's addresses, as a deployed process is."""
    login = connections["ghl"].settings_dict
    database = f"postgres://{login['USER']}:{login['PASSWORD']}@{login['HOST']}:{login['PORT']}/{login['NAME']}"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "GHL_DATABASE_URL": database,
        "GHL_REDIS_URL": settings.REDIS_URLS["ghl"],
        "HUB_BUS_URL": settings.CELERY_BROKER_URL,
        "HUB_SECRET_KEY": "of the test",
        "GHL_API_URL": settings.GHL_API_URL,
        "GHL_API_TOKEN": settings.GHL_API_TOKEN,
        "GHL_LOCATION_ID": settings.GHL_LOCATION_ID,
        "GHL_TIMEOUT_S": "1",
        "GHL_SETTLE_S": "2",
        "GHL_CALLS_PER_10_S": "100000",
        "GHL_DAILY_CALLS": "100000000",
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "sync_ghl", "--json", *arguments],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def killed(process: subprocess.Popen[bytes], vendor: Vendor, calls: int, pause: float) -> bool:
    """SIGKILL once the process has made so many calls, and a moment more. False where it was done before."""
    goal = sum(vendor.app.traffic.calls.values()) + calls
    while sum(vendor.app.traffic.calls.values()) < goal and process.poll() is None:
        time.sleep(0.002)
    time.sleep(pause)
    alive = process.poll() is None
    process.kill()
    process.communicate()
    return alive


def finish(vendor: Vendor) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        output, _ = command().communicate(timeout=240)
        if not wrong(vendor, PEOPLE, PEOPLE):
            return
        time.sleep(0.5)
    raise AssertionError(f"{wrong(vendor, PEOPLE, PEOPLE)}\n{output.decode()}")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_at_random_moments_everything_is_there_once(vendor: Vendor) -> None:
    people(PEOPLE)
    load("estimates", *(estimate(10_000 + id, id) for id in range(1, PEOPLE + 1)))
    vendor.fault(*FAULTS)
    dice = random.Random(20261126)
    kills = 0
    for _ in range(KILLS):
        calls = dice.randint(1, max(2, 2 * PEOPLE // KILLS))
        kills += killed(command(), vendor, calls, pause=dice.uniform(0, 0.05))
    finish(vendor)
    load("customers", *(customer(id, f"Changed {id}") for id in range(1, PEOPLE + 1)))
    load("estimates", *(estimate(10_000 + id, id, "Sold") for id in range(1, PEOPLE + 1)))
    for _ in range(KILLS):
        kills += killed(command("--no-brake"), vendor, dice.randint(1, max(2, 2 * PEOPLE // KILLS)), dice.uniform(0, 0.05))
    finish_changes(vendor)
    assert kills >= KILLS // 2
    assert SyncRun.objects.using("ghl").filter(state="interrupted").exists()


def finish_changes(vendor: Vendor) -> None:
    deadline = time.monotonic() + 240
    while {row["firstName"] for row in vendor.contacts()} | {vendor.stage(row) for row in vendor.cards()} != {"Changed", "Sold"}:
        assert time.monotonic() < deadline
        command("--no-brake").communicate(timeout=240)
    finish(vendor)
