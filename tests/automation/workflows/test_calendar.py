"""Events whose time comes by the calendar alone: each occurrence once, also around odd days and after the hub was down."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from automation.workflows import calendar
from automation.workflows.models import Event
from tests.automation.workflows.conftest import Desk, sms
from tests.mirror import customer, estimate, load

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
NEW_YORK = ZoneInfo("America/New_York")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def eastern() -> Iterator[None]:
    with timezone.override(NEW_YORK):
        yield


def here(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def visit(id: int, start: str) -> None:
    row = {"id": id, "active": True, "customerId": 1, "jobId": 5, "status": "Scheduled"}
    load("appointments", row | {"start": here(start).isoformat()})


def seen(kind: str) -> list[int]:
    return list(Event.objects.filter(kind=kind).order_by("id").values_list("entity_id", flat=True))


@pytest.mark.parametrize(
    ("today", "tomorrow", "after"),
    [
        ("2028-02-28", "2028-02-29", "2028-03-01"),
        ("2028-02-29", "2028-03-01", "2028-03-02"),
        ("2027-12-31", "2028-01-01", "2028-01-02"),
        ("2027-03-13", "2027-03-14", "2027-03-15"),  # of 23 hours
        ("2027-11-06", "2027-11-07", "2027-11-08"),  # of 25
    ],
)
def test_tomorrow_is_a_day_of_the_company_s_calendar(desk: Desk, today: str, tomorrow: str, after: str) -> None:
    desk.workflow([sms("a")], event="appointment.tomorrow")
    for id, start in enumerate((f"{today}T23:59", f"{tomorrow}T00:00", f"{tomorrow}T23:59", f"{after}T00:00"), 1):
        visit(id, start)
    for clock in ("00:00", "12:00", "23:59"):
        calendar.scan(here(f"{today}T{clock}"))
    assert seen("appointment.tomorrow") == [2, 3]


def test_a_visit_that_moves_is_another_occurrence_on_another_day(desk: Desk) -> None:
    desk.workflow([sms("a")], event="appointment.tomorrow", reentry="again")
    visit(7, "2027-12-31T09:00")
    calendar.scan(here("2027-12-30T08:00"))
    visit(7, "2027-12-31T15:00")  # another time of that day: it is known already
    calendar.scan(here("2027-12-30T10:00"))
    assert seen("appointment.tomorrow") == [7]
    visit(7, "2028-01-01T09:00")
    calendar.scan(here("2027-12-30T12:00"))
    calendar.scan(here("2027-12-31T08:00"))
    assert seen("appointment.tomorrow") == [7, 7]
    visit(7, "2027-12-31T10:00")  # and back
    calendar.scan(here("2027-12-30T12:00"))
    assert seen("appointment.tomorrow") == [7, 7]


def invoice(id: int, due: datetime) -> None:
    row = {"id": id, "active": True, "customer": {"id": 1, "name": "x"}, "total": "100.00", "balance": "10.00"}
    load("invoices", row | {"dueDate": due.isoformat()})


def test_another_due_day_is_another_occurrence(desk: Desk) -> None:
    desk.workflow([sms("a")], trigger={"event": "invoice.overdue", "days": 3}, reentry="again")
    invoice(1, here("2027-12-20T00:00"))
    calendar.scan(here("2027-12-24T12:00"))
    invoice(1, here("2027-12-31T00:00"))
    calendar.scan(here("2028-01-02T12:00"))
    assert seen("invoice.overdue") == [1]
    calendar.scan(here("2028-01-03T12:00"))
    calendar.scan(here("2028-01-04T12:00"))
    assert seen("invoice.overdue") == [1, 1]


def test_an_estimate_made_on_another_day_is_another_occurrence(desk: Desk) -> None:
    desk.workflow([sms("a")], trigger={"event": "estimate.expiring", "days": 10}, reentry="again")
    for made in ("2027-12-01T09:00", "2027-12-01T18:00", "2027-12-05T09:00"):
        load("estimates", estimate(1, 1, createdOn=here(made).isoformat()))
        calendar.scan(here("2027-12-16T12:00"))
    assert seen("estimate.expiring") == [1, 1]


def test_looked_at_all_day_each_is_noted_once(desk: Desk) -> None:
    desk.workflow([sms("a")], name="a", event="appointment.tomorrow")
    desk.workflow([sms("a")], name="b", trigger={"event": "invoice.overdue", "days": 1})
    desk.workflow([sms("a")], name="c", trigger={"event": "estimate.expiring", "days": 10})
    desk.workflow([sms("a")], name="d", trigger={"event": "customer.inactive", "days": 30})
    noon = here("2028-02-28T12:00")
    load("customers", customer(1))
    visit(1, "2028-02-29T12:00")
    invoice(2, noon - 2 * DAY)
    load("estimates", estimate(3, 1, createdOn=(noon - 11 * DAY).isoformat()))
    job = {"id": 4, "active": True, "customerId": 1, "jobStatus": "Completed", "completedOn": (noon - 31 * DAY).isoformat()}
    load("jobs", job)
    for hours in range(-11, 12):
        desk.now = noon + timedelta(hours=hours)
        calendar.scan(desk.now)
        desk.go()
    assert Event.objects.count() == 4 and len(desk.sent()) == 4


def test_a_hub_that_was_down_for_five_days_finds_what_it_missed(desk: Desk) -> None:
    """And what became due more than a week ago is left alone, as is a visit whose eve has passed."""
    desk.workflow([sms("a")], name="a", event="appointment.tomorrow")
    desk.workflow([sms("a")], name="b", trigger={"event": "invoice.overdue", "days": 3})
    desk.workflow([sms("a")], name="c", trigger={"event": "estimate.expiring", "days": 10})
    desk.now = here("2028-01-03T12:00")  # down since the 29th
    for ago in range(10):
        invoice(10 + ago, desk.now - (3 + ago) * DAY)
        load("estimates", estimate(30 + ago, 1, createdOn=(desk.now - (10 + ago) * DAY).isoformat()))
        visit(50 + ago, f"{(date(2028, 1, 4) - ago * DAY).isoformat()}T09:00")
    calendar.scan(desk.now)
    desk.go()
    assert seen("invoice.overdue") == list(range(10, 17)) and sorted(seen("estimate.expiring")) == list(range(30, 37))
    assert seen("appointment.tomorrow") == [50]
    assert len(desk.sent()) == 15
