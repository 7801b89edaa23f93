"""Each true transition is one event, also where several were read at once, twice, or days late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from automation.workflows import calendar, events
from automation.workflows.models import Event, FeedPosition
from tests.automation.workflows.conftest import Desk, sms
from tests.mirror import customer, estimate, load, moment

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def kinds(**which: Any) -> list[str]:
    return list(Event.objects.filter(**which).order_by("id").values_list("kind", flat=True))


def job(id: int, status: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "active": True, "customerId": 1, "jobStatus": status, "jobNumber": str(id), **more}


def visit(id: int, start: str, status: str = "Scheduled") -> dict[str, Any]:
    return {"id": id, "active": True, "customerId": 1, "jobId": 5, "start": start, "status": status}


def invoice(id: int, balance: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "active": True, "customer": {"id": 1, "name": "x"}, "total": "100.00", "balance": balance, **more}


def test_what_is_there_at_first_is_no_news(desk: Desk) -> None:
    FeedPosition.objects.all().delete()
    load("customers", customer(1))
    desk.listen()
    assert kinds() == []


def test_an_estimate_from_birth_to_sale(desk: Desk) -> None:
    load("estimates", estimate(77, 1))
    desk.listen()
    load("estimates", estimate(77, 1, subtotal=2000))
    load("estimates", estimate(77, 1, "Sold", 2000))
    desk.listen()
    assert kinds(entity_id=77) == ["estimate.created", "estimate.sold"]
    sold = Event.objects.get(kind="estimate.sold")
    assert sold.customer_id == 1
    assert sold.data == {"status.name": "Sold", "subtotal": 2000, "jobId": 500077, "name": "Heat pump 77"}


def test_behind_for_days_every_transition_is_there_and_as_it_was_then(desk: Desk) -> None:
    load("estimates", estimate(77, 1, subtotal=500))
    load("estimates", estimate(77, 1, "Sold", 800))
    load("estimates", estimate(77, 1, "Open", 900))
    load("estimates", estimate(77, 1, "Sold", 1000))
    load("estimates", estimate(77, 1, "Dismissed", 1000))
    desk.listen()
    assert kinds(entity_id=77) == ["estimate.created", "estimate.sold", "estimate.sold", "estimate.dismissed"]
    worth = Event.objects.filter(entity_id=77).order_by("id").values_list("data__subtotal", flat=True)
    assert list(worth) == [500, 800, 1000, 1000]


def test_read_twice_it_is_noted_once(desk: Desk) -> None:
    before = FeedPosition.objects.get()
    load("estimates", estimate(77, 1), estimate(78, 1, "Sold"))
    desk.listen()
    found = kinds()
    FeedPosition.objects.filter(pk=before.pk).update(txid=before.txid, change_id=before.change_id)
    desk.listen()
    assert kinds() == found and sorted(found) == ["estimate.created", "estimate.created", "estimate.sold"]


def test_jobs_and_installs(desk: Desk) -> None:
    load("job_types", {"id": 4, "active": True, "name": "HVAC Install"}, {"id": 5, "active": True, "name": "Repair"})
    load("jobs", job(1, "Scheduled", jobTypeId=4), job(2, "Hold", jobTypeId=5))
    desk.listen()
    load("jobs", job(1, "In Progress", jobTypeId=4), job(2, "Scheduled", jobTypeId=5))
    load("jobs", job(1, "Completed", jobTypeId=4), job(2, "Canceled", jobTypeId=5))
    desk.listen()
    assert sorted(kinds(entity_id=1)) == ["job.completed", "job.created", "job.install_created", "job.scheduled"]
    assert kinds(entity_id=2) == ["job.created", "job.scheduled", "job.canceled"]


def test_visits(desk: Desk) -> None:
    load("appointments", visit(9, moment(3)))
    load("appointments", visit(9, moment(4)))
    load("appointments", visit(9, moment(4), "Canceled"))
    desk.listen()
    assert kinds(entity_id=9) == ["appointment.created", "appointment.moved", "appointment.canceled"]


def test_invoices_are_paid_once(desk: Desk) -> None:
    load("invoices", invoice(8, "100.00"))
    load("invoices", invoice(8, "40.00"))
    load("invoices", invoice(8, "0.00"))
    load("invoices", invoice(8, "0.00", summary="thanks"))
    desk.listen()
    assert kinds(entity_id=8) == ["invoice.created", "invoice.paid"]


def test_the_calendar_makes_each_occurrence_once(desk: Desk) -> None:
    desk.workflow([sms("a")], event="invoice.overdue", name="a", trigger={"event": "invoice.overdue", "days": 3})
    desk.workflow([sms("a")], event="appointment.tomorrow", name="b")
    desk.workflow([sms("a")], name="c", trigger={"event": "estimate.expiring", "days": 10})
    load("invoices", invoice(1, "10.00", dueDate=moment(-4)), invoice(2, "10.00", dueDate=moment(-2)))
    load("invoices", invoice(3, "0", dueDate=moment(-4)), invoice(4, "10.00", dueDate=moment(-40)))
    load("estimates", estimate(5, 1, createdOn=moment(-11)), estimate(6, 1, "Sold", createdOn=moment(-11)))
    tomorrow = timezone.localtime(desk.now).replace(hour=12) + timedelta(days=1)
    load("appointments", visit(7, tomorrow.isoformat()), visit(8, (tomorrow + timedelta(days=1)).isoformat()))
    for _ in range(2):
        calendar.scan(desk.now)
    found = set(Event.objects.filter(kind__in=events.TIMED).values_list("kind", "entity_id"))
    assert found == {("invoice.overdue", 1), ("estimate.expiring", 5), ("appointment.tomorrow", 7)}
    assert Event.objects.filter(kind__in=events.TIMED).count() == 3
    desk.later(days=1)
    calendar.scan(desk.now)
    assert Event.objects.filter(kind="appointment.tomorrow", entity_id=8).count() == 1


def test_a_quiet_customer(desk: Desk) -> None:
    desk.workflow([sms("a")], name="d", trigger={"event": "customer.inactive", "days": 30})
    load("customers", customer(1), customer(2), customer(3))
    for number, (who, days) in enumerate([(1, -33), (2, -33), (2, -5), (3, -90)], 1):
        load("jobs", job(number, "Completed", completedOn=moment(days), customerId=who))
    calendar.scan(desk.now)
    assert list(Event.objects.filter(kind="customer.inactive").values_list("entity_id", flat=True)) == [1]


def test_what_nobody_wants_is_not_looked_for(desk: Desk) -> None:
    load("invoices", invoice(1, "10.00", dueDate=moment(-4)))
    calendar.scan(datetime.now(UTC))
    assert kinds(kind="invoice.overdue") == []
