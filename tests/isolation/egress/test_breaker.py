"""A vendor that is down is left alone by all processes, looked at now and then, and found again."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from config.isolation.actor import acting_as
from config.isolation.egress import breaker as breakers
from config.isolation.egress import reach
from config.isolation.egress.breaker import Breaker, Open, Rules
from config.isolation.egress.failures import worth_keeping
from config.isolation.egress.pace import Allowed, Budget
from config.isolation.egress.retries import GaveUp, Patience, Retries, Stats
from config.isolation.egress.session import UnitSession
from config.isolation.manifest import BY_NAME
from tests.isolation.egress.conftest import Answer, Vendor
from tests.isolation.egress.test_pace import Flaky, client

RULES = Rules(failures=3, pause_s=0.2, longest_pause_s=0.5)
KEY = "servicetitan:breaker:TEST_URL"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(breakers, "LOOK_EVERY_S", 0.0)
    client().delete(KEY)
    yield
    client().delete(KEY)


def made(shared: Flaky | None = None, rules: Rules = RULES) -> Breaker:
    """As another process would make it."""
    return Breaker("servicetitan", "TEST_URL", shared or client(), rules)


def test_failures_in_a_row_of_several_processes_open_it_for_all() -> None:
    one, two, three = made(), made(), made()
    one.failed("HTTP 503", probe=False)
    two.failed("HTTP 503", probe=False)
    assert three.admit() is False
    one.failed("HTTP 502", probe=False)
    with pytest.raises(Open, match="HTTP 502") as shut:
        three.admit()
    assert 0 < shut.value.seconds <= 0.2
    assert shut.value.lasting < 1


def test_a_success_in_between_starts_the_count_again() -> None:
    one, two = made(), made()
    for _ in range(5):
        one.failed("HTTP 500", probe=False)
        two.failed("HTTP 500", probe=False)
        two.admit()
        two.succeeded()
    assert one.admit() is False


def opened(breaker: Breaker) -> None:
    for _ in range(RULES.failures):
        breaker.failed("HTTP 503", probe=False)


def test_one_probe_goes_out_and_its_success_closes_it_for_all() -> None:
    one, two = made(), made()
    opened(one)
    time.sleep(0.25)
    assert two.admit() is True
    with pytest.raises(Open):
        one.admit()
    two.succeeded()
    assert one.admit() is False
    assert not client().exists(KEY)


def test_each_failed_probe_makes_the_pause_longer_up_to_a_limit() -> None:
    breaker = made()
    opened(breaker)
    pauses = []
    for _ in range(3):
        with pytest.raises(Open) as shut:
            breaker.admit()
        pauses.append(shut.value.seconds)
        time.sleep(shut.value.seconds + 0.02)
        assert breaker.admit() is True
        breaker.failed("HTTP 503", probe=True)
    assert pauses == pytest.approx([0.2, 0.4, 0.5], abs=0.1)


def test_calls_that_left_before_it_opened_do_not_make_it_worse() -> None:
    breaker = made()
    opened(breaker)
    for _ in range(20):
        breaker.failed("HTTP 503", probe=False)
    with pytest.raises(Open) as shut:
        breaker.admit()
    assert shut.value.seconds <= 0.2


def test_a_probe_that_never_comes_back_does_not_close_the_way_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breakers, "PROBE_S", 0.3)
    one, two = made(), made()
    opened(one)
    time.sleep(0.25)
    assert one.admit() is True  # and its process is killed
    time.sleep(0.35)
    assert two.admit() is True


def test_while_redis_is_away_each_process_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "AGAIN_S", 0.05)
    lost, well = client(), made()
    one = made(lost)
    lost.away = True
    opened(one)
    with pytest.raises(Open):
        one.admit()
    assert well.admit() is False
    lost.away = False
    time.sleep(0.1)
    assert one.admit() is False, "what all the others see counts again"


def test_a_good_call_costs_no_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breakers, "LOOK_EVERY_S", 60.0)
    shared = client()
    breaker = made(shared)
    breaker.admit()
    shared.away = True  # who asks now has to say so
    for _ in range(1000):
        breaker.admit()
        breaker.succeeded()
    assert not breaker._reach._lost


def test_what_somebody_else_wrote_there_is_ignored() -> None:
    client().set(KEY, "nonsense")
    assert made().admit() is False


# --- together with retries ----------------------------------------------------------------------------------------

DOWN: Answer = ("503 Busy", [], b"")
GOOD: Answer = ("200 OK", [], b"{}")


def insist(url: str, breaker: Breaker, patience: Patience, stats: Stats) -> requests.Response:
    def call() -> requests.Response:
        return worth_keeping(UnitSession(BY_NAME["servicetitan"]).get(f"{url}/crm/v2/x", timeout=2))

    budget = Budget("test:budget", [Allowed(1000, 1)], None)
    return Retries(budget, breaker, patience).insist(call, stats, repeatable=True)


def test_ten_threads_survive_a_blip_together(vendor: Vendor) -> None:
    """As many as a process has feeds; they fail together, wait together, and all come through."""
    vendor.answers = [DOWN] * 14 + [GOOD]
    breaker, ends = made(rules=Rules(failures=10, pause_s=0.2)), []
    patience = Patience(longest_pause_s=0.2)

    def run() -> None:
        ends.append(_as_servicetitan(lambda: insist(vendor.url, breaker, patience, Stats()).status_code))

    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == [200] * 10


def _as_servicetitan(work: Callable[[], int]) -> int:
    with acting_as("servicetitan"):
        return work()


def test_a_vendor_that_stays_down_is_not_hammered(vendor: Vendor) -> None:
    vendor.answers = [DOWN]
    breaker = made(rules=Rules(failures=3, pause_s=0.3, longest_pause_s=0.6))
    patience = Patience(longest_pause_s=0.01, outage_s=1.0, tries={"gateway": 100})
    with pytest.raises(GaveUp, match="HTTP 503") as given:
        insist(vendor.url, breaker, patience, Stats())
    assert given.value.kind == "outage"
    assert given.value.since is not None
    assert len(vendor.seen) <= 7
    began = time.monotonic()
    with pytest.raises(GaveUp):
        insist(vendor.url, breaker, patience, Stats())
    assert time.monotonic() - began < 0.5, "who comes later need not wait to hear it"


@pytest.mark.parametrize("status", ["400 Bad", "404 None", "401 No", "409 Conflict"])
def test_an_answer_that_refuses_is_a_sign_of_life(vendor: Vendor, status: str) -> None:
    vendor.answers = [(status, [], b"")]
    breaker = made()
    for _ in range(5):
        insist(vendor.url, breaker, Patience(), Stats())
    assert breaker.admit() is False


def test_a_rate_limit_is_no_failure(vendor: Vendor) -> None:
    vendor.answers = [("429 Slow down", [], b"")] * 8 + [GOOD]
    breaker = made()
    insist(vendor.url, breaker, Patience(longest_pause_s=0.01), Stats())
    assert not client().exists(KEY)
