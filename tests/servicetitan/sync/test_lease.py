"""Two runs of one feed never overlap, a dead one is replaced at once, and one that comes back too late cannot commit."""

import contextvars
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest
from django.db import connections

from config.isolation.actor import acting_as
from config.jobs import lease as jobs_lease
from config.jobs.lease import Busy, new_holder
from servicetitan.entities import BY_NAME
from servicetitan.models import SyncCursor, SyncLog
from servicetitan.sync import lease as leases
from servicetitan.sync.ledger import Ledger
from tests.servicetitan.sync.conftest import Run, State, Vendor
from tests.servicetitan.sync.truth import differences

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def in_thread(work: Callable[[], None]) -> threading.Thread:
    def target() -> None:
        work()
        connections.close_all()

    thread = threading.Thread(target=contextvars.copy_context().run, args=(target,))
    thread.start()
    return thread


def hold(holder: str, seconds: int = 60) -> None:
    with connections["servicetitan"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO servicetitan.st_sync_cursors (entity, fence, holder, lease_until) "
            "VALUES ('jobs', 7, %s, now() + make_interval(secs => %s))",
            [holder, seconds],
        )


def test_a_feed_that_is_being_synced_is_left_alone(vendor: Vendor, sync: Run) -> None:
    hold("elsewhere:1:x")
    ledgers = sync("jobs", "customers", wait_s=0)
    assert ledgers["jobs"].state == State.BUSY
    assert "elsewhere:1:x" in ledgers["jobs"].error
    assert ledgers["customers"].state == State.SUCCEEDED
    assert not SyncLog.objects.filter(entity="jobs").exists()


def test_two_at_once_share_the_work_and_double_nothing(vendor: Vendor, sync: Run) -> None:
    vendor.switch(latency=0.05)
    ledgers: list[Ledger] = []
    threads = [in_thread(lambda: ledgers.append(sync("jobs", wait_s=0)["jobs"])) for _ in range(2)]
    for thread in threads:
        thread.join()
    assert sorted(str(ledger.state) for ledger in ledgers) == ["busy", "succeeded"]
    assert differences(BY_NAME["jobs"], vendor.truth(BY_NAME["jobs"])) == []


def test_a_waiting_run_takes_its_turn(vendor: Vendor, sync: Run) -> None:
    hold("elsewhere:1:x", seconds=2)
    assert sync("jobs", wait_s=10)["jobs"].state == State.SUCCEEDED


def test_a_dead_process_of_this_machine_is_replaced_at_once(vendor: Vendor, sync: Run) -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    hold(f"{socket.gethostname()}:{process.pid}:x", seconds=3600)
    began = time.monotonic()
    assert sync("jobs", wait_s=30)["jobs"].state == State.SUCCEEDED
    assert time.monotonic() - began < 15
    cursor = SyncCursor.objects.get(entity="jobs")
    assert cursor.fence == 8
    assert cursor.holder is None


def test_a_run_that_was_replaced_cannot_commit_another_page(vendor: Vendor, sync: Run) -> None:
    """It slept too long; meanwhile somebody else took the feed over."""
    vendor.switch(latency=0.1, export_batch_size=10)
    ledgers: list[Ledger] = []
    thread = in_thread(lambda: ledgers.append(sync("jobs")["jobs"]))
    deadline = time.monotonic() + 20
    while not SyncCursor.objects.filter(entity="jobs", continue_from__isnull=False).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with connections["servicetitan"].cursor() as cursor:
        cursor.execute("UPDATE servicetitan.st_sync_cursors SET fence = fence + 1, holder = 'other' WHERE entity = 'jobs'")
    position = SyncCursor.objects.get(entity="jobs").continue_from
    thread.join()
    assert ledgers[0].state == State.FAILED
    assert "taken jobs over" in ledgers[0].error
    assert SyncCursor.objects.get(entity="jobs").continue_from == position
    assert SyncCursor.objects.get(entity="jobs").holder == "other", "the lease of another is not given back"


def test_the_heartbeat_keeps_the_lease(monkeypatch: pytest.MonkeyPatch, vendor: Vendor) -> None:
    monkeypatch.setattr(jobs_lease, "BEAT_S", 0.05)
    monkeypatch.setattr(jobs_lease, "TTL_S", 1)
    holder = new_holder()
    with acting_as("servicetitan"), leases.CURSORS.heartbeat(holder):
        leases.take("jobs", holder, 0)
        time.sleep(1.5)
        with pytest.raises(Busy):
            leases.take("jobs", "elsewhere:1:y", 0)
    time.sleep(1.2)
    leases.take("jobs", "elsewhere:1:y", 0)


def test_the_row_of_a_killed_run_is_closed_by_the_next(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    SyncLog.objects.using("servicetitan").update(state="running", finished_at=None)
    sync("jobs")
    assert sorted(SyncLog.objects.values_list("state", flat=True)) == ["interrupted", "succeeded"]
