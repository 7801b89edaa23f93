"""Nights with an hour too few or too many, leap days, year ends, clocks that jump, and a hub that was down."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from automation.workflows.definitions import Op
from automation.workflows.models import Effect, Event
from automation.workflows.stepping import next_at
from tests.automation.workflows.conftest import Desk, sms, wait
from tests.mirror import customer, estimate, load

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
NEW_YORK = ZoneInfo("America/New_York")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def eastern() -> Iterator[None]:
    with timezone.override(NEW_YORK):
        yield


def here(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK, fold=fold).astimezone(UTC)


def shown(at: datetime | None) -> str:
    assert at is not None
    return at.astimezone(NEW_YORK).strftime("%Y-%m-%dT%H:%M")


def until(clock: str) -> dict[str, Any]:
    return {"do": "wait until", "clock": clock}


def arrive(desk: Desk, *ids: int, kind: str = "estimate.created", **record: Any) -> None:
    """Records with an event each, at the desk's time."""
    load("customers", customer(1))
    load("estimates", *(estimate(id, 1, **record) for id in ids))
    Event.objects.bulk_create(
        Event(
            key=f"{kind}:{id}:{desk.now.isoformat()}", kind=kind, entity="estimate", entity_id=id, customer_id=1,
            happened_at=desk.now, noted_at=desk.now,
        )
        for id in ids
    )  # fmt: skip


def every_half_hour(desk: Desk, last: datetime) -> None:
    while desk.now <= last:
        desk.go()
        desk.later(minutes=30)


def sent_at() -> list[str]:
    return [shown(at) for at in Effect.objects.order_by("id").values_list("wanted_at", flat=True)]


# Nights when the clock is changed


def test_a_time_that_the_night_in_spring_leaves_out_comes_once(desk: Desk, eastern: None) -> None:
    desk.now = here("2027-03-13T22:00")
    desk.workflow([until("02:30"), sms("a"), until("02:30"), sms("b")])
    arrive(desk, 77)
    every_half_hour(desk, here("2027-03-15T04:00"))
    assert sent_at() == ["2027-03-14T03:30", "2027-03-15T02:30"]


@pytest.mark.parametrize("enters", ["2027-11-06T20:00", "2027-11-07T01:00"])
def test_of_a_time_that_comes_twice_in_autumn_the_first_is_taken(desk: Desk, eastern: None, enters: str) -> None:
    desk.now = here(enters)
    desk.workflow([until("01:30"), sms("a"), until("01:30"), sms("b")])
    arrive(desk, 77)
    every_half_hour(desk, here("2027-11-08T03:00"))
    assert sent_at() == ["2027-11-07T01:30", "2027-11-08T01:30"]
    assert Effect.objects.earliest("id").wanted_at == here("2027-11-07T01:30", fold=0)


def test_between_the_two_it_is_over_for_the_night(desk: Desk, eastern: None) -> None:
    desk.now = here("2027-11-07T01:15", fold=1)
    desk.workflow([until("01:30"), sms("a")])
    arrive(desk, 77)
    desk.go()
    assert shown(desk.runs()[0].due_at) == "2027-11-08T01:30"


@pytest.mark.parametrize(("enters", "then"), [("2027-03-13T12:00", "2027-03-14T13:00"), ("2027-11-06T12:00", "2027-11-07T11:00")])
def test_a_span_of_days_is_so_many_times_24_hours(desk: Desk, eastern: None, enters: str, then: str) -> None:
    """Also over such a night: who wants the same time of day writes 'wait until' behind it."""
    desk.now = here(enters)
    desk.workflow([wait("1d"), until("12:00"), sms("a")])
    arrive(desk, 77)
    desk.go()
    assert shown(desk.runs()[0].due_at) == then


ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Phoenix", "Asia/Kathmandu", "Africa/Casablanca"]


@settings(deadline=None, derandomize=True)
@given(
    now=st.integers(0, 3 * 365 * 86_400).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)),
    clock=st.times().map(lambda at: time(at.hour, at.minute)),
    zone=st.sampled_from(ZONES),
)
@example(here("2027-03-14T01:10"), time(2, 30), "America/New_York")
@example(here("2027-11-07T01:10"), time(1, 30), "America/New_York")
@example(here("2027-11-07T01:40", fold=1), time(1, 30), "America/New_York")
@example(datetime(2027, 10, 2, 15, 10, tzinfo=UTC), time(2, 15), "Australia/Lord_Howe")
def test_the_next_time_is_the_first_minute_that_shows_it(now: datetime, clock: time, zone: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        found = next_at(Op("until", "1", clock=clock), now)
    assert found.timestamp() == _scanned(now, clock, ZoneInfo(zone)).timestamp()  # moments that a zone has twice equal nothing


def _scanned(now: datetime, clock: time, zone: ZoneInfo) -> datetime:
    """Minute by minute. A clock that is put forward shows what it leaves out that much later: 03:30 for 02:30."""
    minutes = [now.replace(second=0, microsecond=0) + number * MINUTE for number in range(-180, 3 * 1440)]
    for before, at in pairwise(minutes):
        was, local = before.astimezone(zone), at.astimezone(zone)
        if at > now and local.time().replace(tzinfo=None) == clock and not local.fold:
            return at
        jump = local.replace(tzinfo=None) - was.replace(tzinfo=None) - MINUTE
        left_out = datetime.combine(local.date(), clock) - was.replace(tzinfo=None) - MINUTE
        if timedelta(0) <= left_out < jump and at + left_out > now:
            return at + left_out
    raise AssertionError("no minute shows it")


@pytest.mark.parametrize(
    ("enters", "span", "then"),
    [
        ("2028-02-28T12:00", "1d", "2028-02-29T12:00"),
        ("2028-02-29T12:00", "1d", "2028-03-01T12:00"),
        ("2027-02-28T12:00", "1d", "2027-03-01T12:00"),
        ("2028-02-29T12:00", "366d", "2029-03-01T12:00"),
        ("2027-12-31T23:59", "2w", "2028-01-14T23:59"),
    ],
)
def test_spans_over_leap_days_and_year_ends(desk: Desk, eastern: None, enters: str, span: str, then: str) -> None:
    desk.now = here(enters)
    desk.workflow([wait(span), sms("a")])
    arrive(desk, 77)
    desk.go()
    desk.now = here(then) - timedelta(seconds=1)
    assert desk.go().runs == 0
    desk.later(seconds=1)
    desk.go()
    assert sent_at() == [then]


# Clocks that jump


def test_an_hour_back_nothing_is_sent_twice_and_nothing_is_lost(desk: Desk) -> None:
    desk.workflow([sms("a"), wait("30m"), sms("b"), until("09:00"), sms("c")], reentry="again")
    arrive(desk, 77)
    desk.go()
    desk.later(minutes=30)
    desk.go()
    desk.later(hours=-1)
    arrive(desk, 78)
    every_half_hour(desk, desk.now + timedelta(hours=27))
    assert sorted(desk.sent()) == [(id, template) for id in (77, 78) for template in "abc"]
    assert {run.state for run in desk.runs()} == {"done"}


def test_three_days_ahead_each_goes_on_once(desk: Desk) -> None:
    """Everything that was to come in between comes now, one step at a time: what was to follow a day later still does."""
    desk.workflow([sms("a"), wait("1d"), sms("b"), wait("1d"), sms("c")], expires_hours=12)
    arrive(desk, *range(1, 31))
    desk.go()
    desk.later(days=3)
    assert desk.go().runs == 30 and desk.go().runs == 0
    assert sorted(desk.sent()) == sorted((id, template) for id in range(1, 31) for template in "ab")
    late = Effect.objects.filter(template="b")
    assert {(row.wanted_at, row.expires_at) for row in late} == {(desk.now, desk.now + timedelta(hours=12))}
    desk.later(days=1)
    desk.go()
    assert [template for _, template in desk.sent()].count("c") == 30


def test_what_happened_before_the_jump_is_too_old_by_the_workflow_s_own_rule(desk: Desk) -> None:
    desk.workflow([sms("a")], name="fresh", newest_hours=48)
    desk.workflow([sms("a")], name="any", newest_hours=96)
    arrive(desk, 77)
    desk.later(days=3)
    desk.go()
    assert [run.workflow.name for run in desk.runs()] == ["any"] and len(desk.sent()) == 1
    assert ("kept out", "It happened more than 48 hours ago.") in desk.why(77)


def test_a_wait_for_an_event_ends_by_its_deadline_after_the_jump(desk: Desk) -> None:
    """Also where the event comes right behind it: whoever is due has gone on by then, or is woken, and either way once."""
    desk.workflow([{"do": "wait for event", "event": "estimate.sold", "at_most": "1d"}, sms("a")])
    arrive(desk, 77, 78)
    desk.go()
    desk.later(days=3)
    arrive(desk, 77, kind="estimate.sold")
    desk.go()
    assert sorted(desk.sent()) == [(77, "a"), (78, "a")]
    assert {run.entity_id: run.heard for run in desk.runs()} == {77: True, 78: False}
