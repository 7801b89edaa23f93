"""Quiet hours: where the recipient is, which window holds there, and when it opens again."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.checks import run_checks
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from automation.messaging.hours import Company, Place, verdict
from automation.messaging.hours.company import BadHours, federal_holidays, read_holidays, read_hours
from automation.messaging.hours.windows import COUNTRIES, STATES
from automation.messaging.hours.zones import states, zones_of

PHOENIX = ZoneInfo("America/Phoenix")
ANY = Company(PHOENIX, None, federal=False)
NOON = datetime(2026, 11, 24, 19, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


def allowed(at: datetime, place: Place, channel: str = "sms", purpose: str = "marketing", company: Company = ANY) -> bool:
    return verdict(at, place, channel, purpose, company).allowed


def local(zone: str, *when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type,misc] # year to minute


@pytest.mark.parametrize(
    ("place", "zones"),
    [
        (Place("USA", "AZ", "85201"), {"America/Phoenix"}),
        (Place("", "Arizona", "86503"), {"America/Phoenix", "America/Denver"}),
        (Place("US", "az", ""), {"America/Phoenix", "America/Denver"}),
        (Place("United States", "FL", "33101"), {"America/New_York"}),
        (Place("USA", "FL", "32501"), {"America/Chicago"}),
        (Place("USA", "FL", ""), {"America/New_York", "America/Chicago"}),
        (Place("USA", "TX", "79901"), {"America/Denver"}),
        (Place("Canada", "ON", ""), {"America/Toronto", "America/Winnipeg"}),
        (Place("USA", "", "", "+16025550123"), {"America/Phoenix"}),
        (Place("USA", "AZ", "85201", "+12125550123"), {"America/Phoenix"}),
    ],
)
def test_the_address_says_which_clock_and_a_number_only_where_there_is_none(place: Place, zones: set[str]) -> None:
    assert {zone.key for zone in zones_of(place)} == zones


def test_who_may_be_anywhere_is_asked_everywhere() -> None:
    for phone in ("", "+18005550123"):
        found = {zone.key for zone in zones_of(Place("USA", "", "", phone))}
        assert {"America/New_York", "Pacific/Honolulu"} <= found
    assert not allowed(local("America/New_York", 2026, 11, 24, 9), Place("USA")), "in Hawaii it is night"


@pytest.mark.parametrize(
    ("state", "hour", "purpose", "may"),
    [
        ("AZ", 7, "service", False), ("AZ", 8, "service", True), ("AZ", 20, "marketing", True), ("AZ", 21, "marketing", False),
        ("GA", 20, "marketing", True), ("MD", 20, "marketing", False), ("MD", 20, "service", True), ("CT", 8, "marketing", False),
    ],
)  # fmt: skip
def test_windows_of_states_and_the_federal_one(state: str, hour: int, purpose: str, may: bool) -> None:
    place = Place("USA", state, "85201" if state == "AZ" else "")
    zone = next(iter(zones_of(place))).key
    assert allowed(local(zone, 2026, 11, 24, hour), place, purpose=purpose) == may


def test_sundays_and_holidays() -> None:
    texas, alabama = Place("USA", "TX", "75201"), Place("USA", "AL", "")
    assert not allowed(local("America/Chicago", 2026, 11, 29, 11), texas)
    assert allowed(local("America/Chicago", 2026, 11, 29, 12), texas)
    sunday = verdict(local("America/Chicago", 2026, 11, 29, 12), alabama, "sms", "marketing", ANY)
    assert sunday.rule == "Alabama lets none be sent on Sunday, November 29 (America/Chicago)."
    assert sunday.when == local("America/Chicago", 2026, 11, 30, 8)
    thanksgiving = local("America/Chicago", 2026, 11, 26, 12)
    assert allowed(thanksgiving, alabama) and not allowed(thanksgiving, alabama, company=Company(PHOENIX))


def test_email_has_no_window_but_the_companys() -> None:
    night, place = local("America/Phoenix", 2026, 11, 24, 3), Place("USA", "AZ", "85201")
    assert allowed(night, place, "email")
    office = Company(PHOENIX, read_hours("mon-fri 08:00-18:00"), federal=False)
    assert not allowed(night, place, "email", company=office) and allowed(night, place, "email", "service", company=office)


def test_rules_are_met_together() -> None:
    """The company in Phoenix writes from 8 to 18, Miami must be written to before 20: until 18 and 20 o'clock there."""
    office = Company(PHOENIX, read_hours("mon-sun 08:00-18:00"), federal=False)
    miami = Place("USA", "FL", "33101")
    late = verdict(local("America/New_York", 2026, 11, 24, 20), miami, "sms", "marketing", office)
    assert late.when == local("America/Phoenix", 2026, 11, 25, 8) == local("America/New_York", 2026, 11, 25, 10)


def test_hours_that_never_meet_are_said_to() -> None:
    night = Company(PHOENIX, read_hours("mon-sun 01:00-03:00"), federal=False)
    found = verdict(NOON, Place("USA", "AZ", "85201"), "sms", "service", night)
    assert not found.allowed and found.when == NOON + timedelta(days=14) and "change MESSAGING_HOURS" in found.rule


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (local("America/New_York", 2026, 3, 8, 1), local("America/New_York", 2026, 3, 8, 8)),  # the night that lacks an hour
        (local("America/New_York", 2026, 11, 1, 0), local("America/New_York", 2026, 11, 1, 8)),  # and the one that has it twice
        (local("America/New_York", 2028, 2, 28, 23), local("America/New_York", 2028, 2, 29, 8)),
        (local("America/New_York", 2026, 12, 31, 22), local("America/New_York", 2027, 1, 1, 8)),
    ],
)
def test_nights_in_which_clocks_change_leap_days_and_the_years_end(now: datetime, opens: datetime) -> None:
    assert verdict(now, Place("USA", "NY", ""), "sms", "service", ANY).when == opens


PLACES = [Place("USA", state) for state in states("US")]
PLACES += [Place("USA"), Place("Canada", "NL"), Place("AUS", "SA"), Place("GBR")]
HOURS: list[Any] = [None, read_hours("mon-fri 09:00-17:00"), read_hours("sat 10:00-00:00, tue 06:00-12:30")]


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 800 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.sampled_from(PLACES), st.sampled_from(["marketing", "service"]), st.sampled_from(HOURS), st.booleans(),
)  # fmt: skip
def test_the_next_moment_is_the_first_that_is_allowed(
    now: datetime, place: Place, purpose: str, hours: Any, federal: bool
) -> None:
    company = Company(PHOENIX, hours, federal)
    found = verdict(now, place, "sms", purpose, company)
    if found.allowed:
        return
    assert found.when is not None and found.when > now
    if "no hour suits" in found.rule:
        return
    assert allowed(found.when, place, "sms", purpose, company)
    step = timedelta(minutes=15)
    probe = now
    while probe < found.when:
        assert not allowed(probe, place, "sms", purpose, company), probe
        probe += step
    assert not allowed(found.when - timedelta(seconds=1), place, "sms", purpose, company)


def test_every_rule_has_its_source() -> None:
    for window in (*STATES.values(), *COUNTRIES.values()):
        assert window.source.rpartition("; ")[2].split()[0] in ("known", "assumed"), window.name
        assert all(first < last for first, last in window.days.values())
    assert set(STATES) <= set(states("US"))


def test_federal_holidays() -> None:
    assert federal_holidays(2026) == {
        date(2026, 1, 1), date(2026, 1, 19), date(2026, 2, 16), date(2026, 5, 25), date(2026, 6, 19), date(2026, 7, 3),
        date(2026, 7, 4), date(2026, 9, 7), date(2026, 10, 12), date(2026, 11, 11), date(2026, 11, 26), date(2026, 12, 25),
    }  # fmt: skip
    assert date(2027, 12, 31) in federal_holidays(2027), "new year's day of 2028 is a Saturday"


def test_settings_are_read_and_bad_ones_told() -> None:
    assert read_hours("") is None and read_holidays("us, 2026-12-24") == (True, frozenset({date(2026, 12, 24)}))
    assert read_hours("fri-mon 09:00-17:00") == dict.fromkeys((4, 5, 6, 0), (time(9), time(17)))
    for bad, said in (("mon 9-17", "write mon-fri"), ("mon 17:00-09:00", "ends before"), ("mon 09:00-25:00", "write mon-fri")):
        with pytest.raises(BadHours, match=said):
            read_hours(bad)
    with pytest.raises(BadHours, match="2026-12-24"):
        read_holidays("xmas")


def test_bad_settings_are_a_system_check(settings: Any) -> None:
    settings.MESSAGING_HOLIDAYS = "xmas"
    (found,) = [one for one in run_checks() if one.id == "hub.E048"]
    assert "MESSAGING_HOLIDAYS: 'xmas' is no day" in found.msg
