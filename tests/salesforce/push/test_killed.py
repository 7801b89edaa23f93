"""Killed with SIGKILL at random moments, under faults, and started again: everything is there once."""

import os
import random
import subprocess
import time

import pytest
from pytest_django.fixtures import Settings

from salesforce.models import BulkJob, Contact, SyncRun
from tests.mirror import customer, load, people
from tests.salesforce.emulated import Vendor, due_now
from tests.salesforce.processes import start

pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.slow, pytest.mark.timeout(900)]

PEOPLE = int(os.environ.get("HUB_TEST_KILLED_PEOPLE", "1000"))  # two operations each: 5,000 make ten thousand
KILLS = 5
FAULTS = (
    {"action": "drop", "share": 0.03, "times": 0},
    {"action": "drop", "commit": False, "share": 0.02, "times": 0, "seed": 5},
    {"action": "status", "status": 500, "commit": True, "share": 0.02, "times": 0, "seed": 2},
    {"action": "html", "status": 502, "share": 0.02, "times": 0, "seed": 3},
    {"action": "session_ends", "commit": True, "share": 0.01, "times": 0, "seed": 6},
    {"action": "row_error", "path": "composite/sobjects|jobs/ingest/", "rows": 0.05, "share": 0.3, "times": 0, "seed": 4},
)


def killed(process: "subprocess.Popen[str]", vendor: Vendor, calls: int, pause: float) -> bool:
    """SIGKILL once the process has made so many calls, and a moment more. False where it was done before."""
    goal = sum(vendor.app.traffic.calls.values()) + calls
    while sum(vendor.app.traffic.calls.values()) < goal and process.poll() is None:
        time.sleep(0.002)
    time.sleep(pause)
    alive = process.poll() is None
    process.kill()
    process.communicate()
    return alive


def sync() -> "subprocess.Popen[str]":
    return start("manage.py", "sync_salesforce", "--json")


def finish(vendor: Vendor, first_name: str) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        output, _ = sync().communicate(timeout=240)
        names = {row.get("FirstName") for row in vendor.records().values()}
        if set(vendor.records()) == set(range(1, PEOPLE + 1)) and names == {first_name}:
            return
        due_now()  # pauses after failures need not be waited for
    raise AssertionError(f"{len(vendor.records())} of {PEOPLE} are there\n{output}")


@pytest.mark.parametrize("by", ["collections", "bulk"])
def test_killed_at_random_moments_everything_is_there_once(vendor: Vendor, settings: Settings, by: str) -> None:
    settings.SALESFORCE_BULK_FROM = 5 if by == "bulk" else 0
    settings.SALESFORCE_BULK_ROWS = max(50, PEOPLE // 4)
    people(PEOPLE)
    load("customers", *(customer(id, "Ann Lee") for id in range(1, PEOPLE + 1)))
    vendor.switch(latency=0.01)
    vendor.fault(*FAULTS)
    dice = random.Random(20261126)
    kills = sum(killed(sync(), vendor, dice.randint(1, 8), dice.uniform(0, 0.1)) for _ in range(KILLS))
    finish(vendor, "Ann")
    load("customers", *(customer(id, "Eve Lee") for id in range(1, PEOPLE + 1)))
    kills += sum(killed(sync(), vendor, dice.randint(1, 8), dice.uniform(0, 0.1)) for _ in range(KILLS))
    finish(vendor, "Eve")
    assert kills >= KILLS // 2
    made = sum(record.by == "api" for record in vendor.app.org.tables["Contact"].ever())
    assert made == PEOPLE, "nobody was made a second time"
    ids = dict(Contact.objects.using("salesforce").values_list("pk", "sf_id"))
    assert ids == {id: row["Id"] for id, row in vendor.records().items()}
    assert SyncRun.objects.using("salesforce").filter(state="interrupted").exists()
    if by == "bulk":
        assert BulkJob.objects.using("salesforce").filter(state="done").exists()
