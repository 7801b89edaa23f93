"""Killed with SIGKILL at any instant and started again, the mirror ends equal to the source."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from servicetitan.entities import FEEDS
from servicetitan.models import Change, SyncLog
from tests.servicetitan.sync.conftest import Vendor
from tests.servicetitan.sync.truth import differences

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

ROOT = Path(__file__).resolve().parents[3]
KILLS = 12


def command(*arguments: str) -> subprocess.Popen[bytes]:
    """The command as an operator starts it, against this test's database and vendor."""
    names = ("API_URL", "AUTH_URL", "TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "APP_KEY")
    vendor = {f"SERVICETITAN_{name}": str(getattr(settings, f"SERVICETITAN_{name}")) for name in names}
    databases = {f"{alias.upper()}_DATABASE_URL": url(alias) for alias in ("servicetitan",)}
    environment = os.environ | vendor | databases | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SERVICETITAN_REDIS_URL": settings.REDIS_URLS["servicetitan"],
        "HUB_BUS_URL": settings.CELERY_BROKER_URL,
        "HUB_SECRET_KEY": "of the test",
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "sync_servicetitan", *arguments],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def url(alias: str) -> str:
    login = connections[alias].settings_dict
    return f"postgres://{login['USER']}:{login['PASSWORD']}@{login['HOST']}:{login['PORT']}/{login['NAME']}"


def kill_after(process: subprocess.Popen[bytes], vendor: Vendor, calls: int, pause: float) -> bool:
    """SIGKILL once the process has made so many calls, and a moment more. False where it was done before."""
    goal = sum(vendor.app.traffic.calls.values()) + calls
    while sum(vendor.app.traffic.calls.values()) < goal and process.poll() is None:
        time.sleep(0.005)
    time.sleep(pause)
    alive = process.poll() is None
    process.kill()
    process.communicate()
    return alive


@pytest.mark.slow
def test_killed_at_random_moments_the_mirror_ends_equal(vendor: Vendor) -> None:
    """Given only its own unit's addresses, as a deployed process is."""
    vendor.switch(export_batch_size=10, latency=0.01)
    dice = random.Random(20261123)
    killed = 0
    for number in range(KILLS):
        process = command(*(["--full"] if number % 2 == 0 else []))  # the run behind it goes on with its rest
        killed += kill_after(process, vendor, calls=dice.randint(1, 45), pause=dice.uniform(0, 0.05))
        vendor.live(minutes=30)
    process = command("--json")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output.decode()
    assert killed >= KILLS // 2
    gone = {e.name: set(e.model._default_manager.values_list("pk", flat=True)) - vendor.truth(e).keys() for e in FEEDS}
    for entity in FEEDS:
        assert differences(entity, vendor.truth(entity), ignoring=gone[entity.name]) == []
        rows = entity.model._default_manager.count()
        assert Change.objects.filter(entity=entity.name, kind="inserted").count() == rows, "logged once each"
    assert SyncLog.objects.filter(state="interrupted").exists()
    assert not SyncLog.objects.filter(state="running").exists()


def test_asked_to_end_it_ends_in_good_order(vendor: Vendor) -> None:
    vendor.switch(export_batch_size=5, latency=0.1)
    process = command()
    while not SyncLog.objects.exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1, output.decode()
    assert set(SyncLog.objects.values_list("state", flat=True)) <= {"interrupted", "succeeded"}
    assert SyncLog.objects.filter(state="interrupted").exists()
