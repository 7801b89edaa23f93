"""Calls made again: as often as is worth it, at the vendor's pace, and never blindly where that could do something twice."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
from pytest_django.fixtures import Settings

from config.isolation.egress.breaker import Breaker, Rules
from config.isolation.egress.failures import worth_keeping
from config.isolation.egress.pace import Allowed, Budget
from config.isolation.egress.retries import GaveUp, OutcomeUnknown, Patience, Retries, Stats
from config.isolation.egress.session import UnitSession
from config.isolation.manifest import BY_NAME
from tests.isolation.egress.conftest import Answer, Vendor, misbehaving

GOOD: Answer = ("200 OK", [], b"{}")


class Clock:
    """Sleeps by noting it."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def retries(clock: Clock, **patience: float) -> Retries:
    budget = Budget("test:budget", [Allowed(1000, 1)], None)
    return Retries(budget, Breaker("servicetitan", "TEST", None, Rules(failures=1000)), Patience(**patience), clock)  # type: ignore[arg-type]


def call(url: str) -> Callable[[], requests.Response]:
    def once() -> requests.Response:
        response = UnitSession(BY_NAME["servicetitan"]).get(f"{url}/crm/v2/x", timeout=0.5)
        return worth_keeping(response)

    return once


PASSING: dict[str, Answer] = {
    "server error": ("500 Oops", [], b""),
    "bad gateway": ("502 Bad", [], b"<html>"),
    "overload": ("503 Busy", [], b""),
    "rate limit": ("429 Slow down", [("Retry-After", "7")], b""),
    "request timeout": ("408 Late", [], b""),
}


@pytest.mark.parametrize("trouble", PASSING)
def test_a_passing_trouble_costs_only_time(vendor: Vendor, trouble: str) -> None:
    vendor.answers = [PASSING[trouble], PASSING[trouble], GOOD]
    clock, stats = Clock(), Stats()
    assert retries(clock).insist(call(vendor.url), stats, repeatable=True).status_code == 200
    assert (stats.calls, stats.retries) == (3, 2)
    assert sum(clock.slept) == pytest.approx(stats.wait_seconds)


@pytest.mark.parametrize("status", ["400 Bad", "401 No", "403 No", "404 None", "409 Conflict", "422 No"])
def test_a_final_answer_is_not_asked_for_again(vendor: Vendor, status: str) -> None:
    vendor.answers = [(status, [], b"")]
    assert retries(Clock()).insist(call(vendor.url), Stats(), repeatable=True).status_code == int(status[:3])
    assert len(vendor.seen) == 1


def test_pauses_grow_and_differ(vendor: Vendor) -> None:
    vendor.answers = [PASSING["server error"]]
    clock = Clock()
    with pytest.raises(GaveUp, match="after 8 tries: HTTP 500"):
        retries(clock, longest_pause_s=4.0).insist(call(vendor.url), Stats(), repeatable=True)
    assert len(vendor.seen) == 8
    ceilings = [0.5, 1.0, 2.0, 4.0, 4.0, 4.0, 4.0]
    assert all(ceiling / 2 <= slept <= ceiling for slept, ceiling in zip(clock.slept, ceilings, strict=True))
    assert len(set(clock.slept)) == len(ceilings)


def test_retry_after_is_honoured_in_seconds_and_as_a_date(vendor: Vendor) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    vendor.answers = [("429 Slow down", [("Retry-After", text)], b"") for text in ("7", soon, "nonsense")] + [GOOD]
    clock = Clock()
    retries(clock).insist(call(vendor.url), Stats(), repeatable=True)
    seconds, date, unreadable = clock.slept
    assert 7 <= seconds <= 7.5
    assert 27 <= date <= 30.5
    assert unreadable <= 2


def test_a_limit_that_never_ends_is_waited_for_no_longer_than_patience(vendor: Vendor) -> None:
    vendor.answers = [("429 Slow down", [("Retry-After", "20")], b"")]
    clock = Clock()
    with pytest.raises(GaveUp) as end:
        retries(clock, longest_limit_s=50.0).insist(call(vendor.url), Stats(), repeatable=True)
    assert end.value.kind == "limit"
    assert 40 <= sum(clock.slept) <= 50


def test_a_vendor_cannot_send_us_to_sleep_with_an_error(vendor: Vendor) -> None:
    vendor.answers = [("503 Busy", [("Retry-After", "86400")], b""), GOOD]
    clock = Clock()
    retries(clock).insist(call(vendor.url), Stats(), repeatable=True)
    assert clock.slept == [60.0]


def test_the_sleep_may_end_the_run(vendor: Vendor) -> None:
    vendor.answers = [PASSING["server error"]]

    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    asked = retries(Clock())
    asked.sleep = stop
    with pytest.raises(KeyboardInterrupt):
        asked.insist(call(vendor.url), Stats(), repeatable=True)
    assert len(vendor.seen) == 1


def cut(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


UNKNOWN: dict[str, Callable[[socket.socket], None]] = {
    "no answer": lambda connection: connection.recv(1) and None,  # type: ignore[dict-item] # waits until the caller leaves
    "connection cut": lambda connection: connection.close(),
    "answer cut": cut,
    "server error": lambda connection: connection.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
    "gateway timeout": lambda connection: connection.sendall(b"HTTP/1.1 504 Late\r\nContent-Length: 0\r\n\r\n"),
    "overload": lambda connection: connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
}


@pytest.mark.parametrize("outcome", UNKNOWN)
def test_what_may_have_worked_is_not_blindly_done_again(vendor: Vendor, settings: Settings, outcome: str) -> None:
    tries: list[int] = []

    def behave(connection: socket.socket) -> None:
        tries.append(1)
        UNKNOWN[outcome](connection)

    with misbehaving(behave) as url:
        settings.SERVICETITAN_API_URL = url
        with pytest.raises(OutcomeUnknown):
            retries(Clock()).insist(call(url), Stats(), repeatable=False)
        assert len(tries) == 1
        with pytest.raises(GaveUp):
            retries(Clock()).insist(call(url), Stats(), repeatable=True)
        assert len(tries) > 3


@pytest.mark.parametrize("turned_away", ["429 Slow down", "503 Busy"])
def test_what_was_turned_away_at_the_door_may_be_sent_again(vendor: Vendor, turned_away: str) -> None:
    vendor.answers = [(turned_away, [("Retry-After", "1")], b""), GOOD]
    assert retries(Clock()).insist(call(vendor.url), Stats(), repeatable=False).status_code == 200


def test_what_never_left_may_be_sent_again(vendor: Vendor, settings: Settings) -> None:
    settings.SERVICETITAN_API_URL = "http://127.0.0.1:9"
    with pytest.raises(GaveUp) as end:
        retries(Clock()).insist(call("http://127.0.0.1:9"), Stats(), repeatable=False)
    assert (end.value.kind, end.value.tries) == ("connect", 4)


def test_a_call_must_say_whether_it_may_be_repeated() -> None:
    with pytest.raises(TypeError, match="repeatable"):
        retries(Clock()).insist(lambda: 1, Stats())  # type: ignore[call-arg]


def test_a_good_answer_is_not_read_for_a_pause(vendor: Vendor) -> None:
    """A vendor may say it in the body, and a page of an export is megabytes long."""

    def dear(response: requests.Response) -> float | None:
        raise AssertionError("read for nothing")

    response = UnitSession(BY_NAME["servicetitan"]).get(f"{vendor.url}/crm/v2/x", timeout=5)
    assert worth_keeping(response, dear) is response
