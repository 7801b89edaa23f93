"""The rate budget: several rates at once, shared by all through Redis, and what happens while Redis is away."""

import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.conf import settings as project

from config.isolation.egress import reach
from config.isolation.egress.pace import Allowed, Budget


class Flaky(redis.Redis):
    """A real client whose server can be out of reach."""

    away = False

    def execute_command(self, *args: Any, **options: Any) -> Any:
        if self.away:
            raise redis.ConnectionError("nobody there")
        return super().execute_command(*args, **options)  # type: ignore[no-untyped-call] # redis-py's is not typed

    def pipeline(self, *args: Any, **options: Any) -> Any:
        if self.away:
            raise redis.ConnectionError("nobody there")
        return super().pipeline(*args, **options)


def client() -> Flaky:
    return Flaky(connection_pool=redis.ConnectionPool.from_url(project.REDIS_URL, socket_timeout=2))


@pytest.fixture
def key() -> Iterator[str]:
    name = f"servicetitan:budget:{uuid4().hex}"
    yield name
    client().delete(name)


def taken_in(budget: Budget, seconds: float) -> int:
    """How many calls a greedy caller makes in that time."""
    end, count = time.monotonic() + seconds, 0
    while (now := time.monotonic()) < end:
        pause = budget._try()
        count += pause == 0
        time.sleep(min(pause, max(0.0, end - now)))
    return count


def test_no_stretch_of_time_sees_more_than_is_allowed(key: str) -> None:
    """Burst and refill together: with the library's defaults it would be up to twice as much."""
    assert 20 <= taken_in(Budget(key, [Allowed(30, seconds=2)], client()), 1.95) <= 30


def test_all_rates_hold_at_once(key: str) -> None:
    rates = [Allowed(1000, seconds=1), Allowed(40, seconds=86_400, burst=20)]
    assert taken_in(Budget(key, rates, client()), 0.5) == 20


def test_all_processes_share_it(key: str) -> None:
    budgets = [Budget(key, [Allowed(20, seconds=60, burst=10)], client()) for _ in range(4)]
    counts: list[int] = []
    threads = [threading.Thread(target=lambda b=budget: counts.append(taken_in(b, 0.5))) for budget in budgets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 10


def test_alone_a_process_keeps_to_it_and_shares_again_when_redis_is_back(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "AGAIN_S", 0.1)
    rates = [Allowed(20, seconds=60, burst=10)]
    shared = client()
    mine, others = Budget(key, rates, shared), Budget(key, rates, client())
    shared.away = True
    assert taken_in(mine, 0.3) == 10, "its own, while it is alone"
    assert taken_in(others, 0.2) == 10
    shared.away = False
    time.sleep(0.15)
    assert mine._try() > 0, "the shared one is used up"
    client().delete(key)
    assert mine._try() == 0
    assert client().exists(key)


def test_writes_wait_until_redis_is_back(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "AGAIN_S", 0.05)
    shared = client()
    budget = Budget(key, [Allowed(10, seconds=1)], shared, when_away="wait")
    shared.away = True
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(0.06)
        shared.away = len(slept) < 3

    assert budget.take(sleep) == pytest.approx(sum(slept))
    assert len(slept) == 3


def test_who_waits_for_redis_must_have_one() -> None:
    with pytest.raises(ValueError, match="shall wait for Redis"):
        Budget("x", [Allowed(1, 1)], None, when_away="wait")


def test_while_redis_is_away_it_is_not_asked_for_every_call(key: str) -> None:
    shared = client()
    budget = Budget(key, [Allowed(10_000, seconds=1)], shared)
    asked: list[int] = []
    shared.away = True
    original = shared.execute_command

    def counting(*args: object, **options: object) -> object:
        asked.append(1)
        return original(*args, **options)

    shared.execute_command = counting  # type: ignore[method-assign]
    for _ in range(100):
        budget._try()
    assert len(asked) <= 2
