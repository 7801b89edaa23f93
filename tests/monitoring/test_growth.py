"""What grows is named, with its pace; a disk that will be full soon is told before it is."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from config.isolation.actor import acting_as
from config.monitoring import growth
from config.monitoring.probes import Reading, State

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
NOW = datetime(2026, 11, 27, 18, tzinfo=UTC)
MB = 1_000_000


@pytest.fixture(autouse=True)
def store() -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client
        for key in client.keys("monitor:sizes:*"):
            client.delete(key)


def read() -> Reading:
    with acting_as("monitor"):
        return growth.checks()[0].read(NOW)["sizes"]


def remember(store: "redis.Redis", days_ago: float, sizes: dict[str, int]) -> None:
    at = NOW - timedelta(days=days_ago)
    store.set(f"monitor:sizes:{timezone.localtime(at).date()}", json.dumps({"at": at.timestamp(), "sizes": sizes}))


def test_the_first_day_has_no_pace(store: "redis.Redis") -> None:
    found = read()
    assert found.state == State.OK and "servicetitan" in found.text and "a day" not in found.text
    (key,) = store.keys("monitor:sizes:*")
    assert key == b"monitor:sizes:2026-11-27" and 0 < store.ttl(key) <= 8 * 86_400


def test_a_month_of_a_log_counts_for_the_log(store: "redis.Redis") -> None:
    read()
    kept = json.loads(store.get("monitor:sizes:2026-11-27") or b"{}")["sizes"]
    assert "servicetitan.st_changes" in kept and not [name for name in kept if "st_changes_" in name]


def test_the_pace_is_that_of_the_last_week(store: "redis.Redis", monkeypatch: pytest.MonkeyPatch) -> None:
    now = {"servicetitan.st_jobs": 200 * MB, "automation.workflow_trace": 90 * MB, "disk": 1000 * MB}
    monkeypatch.setattr(growth, "_sizes", lambda: now)
    monkeypatch.setattr(growth, "_free", lambda: 10_000 * MB)
    remember(store, 2, {**now, "automation.workflow_trace": 80 * MB})
    assert "by 5.0 MB a day" in read().text, "two days are known"
    remember(store, 2.5, {**now, "automation.workflow_trace": 80 * MB})
    assert "by 4.0 MB a day" in read().text, "and half a day before that"
    remember(store, 7, {"servicetitan.st_jobs": 193 * MB, "automation.workflow_trace": 20 * MB, "disk": 300 * MB})
    found = read()
    assert found.state == State.OK
    assert "It grows by 11.0 MB a day, most of it automation.workflow_trace (10.0 MB)." in found.text
    assert found.figures["automation_bytes_a_day"] == 10 * MB and found.figures["servicetitan_bytes"] == 200 * MB
    monkeypatch.setattr(growth, "_free", lambda: 900 * MB)
    found = read()
    assert found.state == State.WARNING and "the disk is full in 9 days" in found.text and found.figures["full_in_days"] == 9


def test_what_an_earlier_version_kept_is_passed_over(store: "redis.Redis") -> None:
    store.set("monitor:sizes:2026-11-26", json.dumps({"servicetitan.st_jobs": MB}))
    found = read()
    assert found.state == State.OK and "a day" not in found.text


def test_without_redis_the_sizes_are_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(growth, "client", away)
    assert read().state == State.OK
