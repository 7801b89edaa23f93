"""The real worker and the real scheduler: a task sent is done, a killed worker loses nothing."""

import os
import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django_celery_beat.models import IntervalSchedule

from config.jobs import alive
from config.jobs.beat import make_defaults
from config.jobs.queue import send
from servicetitan.entities import BY_NAME
from servicetitan.models import Delivery, SyncLog
from tests.jobs.processes import Processes, processes, until
from tests.servicetitan.sync.conftest import Vendor, vendor
from tests.servicetitan.sync.truth import differences

pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.slow]
__all__ = ["processes", "vendor"]

def test_a_task_that_is_sent_is_done(vendor: Vendor, processes: Processes) -> None:
    processes.start("st_sync_worker", "--concurrency=1")
    id = send("servicetitan.sync", mode="incremental", trigger="admin")
    until(lambda: Delivery.objects.filter(pk=id, state="done").exists())
    assert differences(BY_NAME["jobs"], vendor.truth(BY_NAME["jobs"])) == []
    assert set(SyncLog.objects.values_list("trigger", flat=True)) == {"admin"}


def test_a_worker_that_hangs_gives_no_sign_of_life(processes: Processes) -> None:
    worker = processes.start("st_sync_worker", "--concurrency=1")
    with redis.Redis.from_url(settings.REDIS_URL) as client:

        def sign() -> float:
            return float(client.get(alive.worker_key("st_sync_worker")) or 0)

        until(lambda: sign() > 0)
        first = sign()
        until(lambda: sign() > first)
        worker.send_signal(signal.SIGSTOP)
        time.sleep(1)  # a sign may be on its way
        last = sign()
        time.sleep(6)  # thrice the time from one sign to the next
        assert sign() == last
        worker.send_signal(signal.SIGCONT)
        until(lambda: sign() > last)


def test_two_workers_never_sync_the_same_feed_at_once(vendor: Vendor, processes: Processes) -> None:
    vendor.switch(latency=0.05, export_batch_size=10)
    for _ in range(2):
        processes.start("st_sync_worker", "--concurrency=1")
    ids = [send("servicetitan.sync", mode="incremental", trigger="admin") for _ in range(4)]
    until(lambda: Delivery.objects.filter(pk__in=ids, state="done").count() == 4)
    rows = list(SyncLog.objects.filter(entity="jobs").order_by("started_at"))
    for earlier, later in pairwise(rows):
        assert earlier.finished_at is not None
        assert later.started_at >= earlier.finished_at, "runs of one feed never overlap"
    assert differences(BY_NAME["jobs"], vendor.truth(BY_NAME["jobs"])) == []


def test_a_worker_child_that_is_killed_gives_its_task_back(vendor: Vendor, processes: Processes) -> None:
    vendor.switch(latency=0.2, export_batch_size=10)
    worker = processes.start("st_sync_worker", "--concurrency=1")
    id = send("servicetitan.sync", mode="incremental", trigger="admin")
    until(lambda: SyncLog.objects.filter(state="running", pages__gt=0).exists())
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    vendor.switch(latency=0.0)
    until(lambda: Delivery.objects.filter(pk=id, state="done").exists())
    assert Delivery.objects.get(pk=id).deliveries == 2
    assert differences(BY_NAME["jobs"], vendor.truth(BY_NAME["jobs"])) == []


def test_scheduler_and_worker_keep_the_mirror_up_to_date(vendor: Vendor, processes: Processes) -> None:
    """Two schedulers: each slot is run once."""
    make_defaults()
    IntervalSchedule.objects.update(every=2)
    for _ in range(2):
        processes.start("scheduler")
    processes.start("st_sync_worker", "--concurrency=1")
    until(lambda: Delivery.objects.filter(state="done", schedule="ServiceTitan: what changed").count() >= 3)
    assert differences(BY_NAME["customers"], vendor.truth(BY_NAME["customers"])) == []
    slots = list(Delivery.objects.values_list("schedule", "due_at"))
    assert len(slots) == len(set(slots))
