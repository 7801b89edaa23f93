"""Events whose time has come without anything changing: expiring, tomorrow, overdue, inactive.

Looks a week back, so that a hub that was down for days misses nobody, and a workflow that was just switched on writes to nobody
about what is long past. The event's key makes each occurrence one event.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from automation.workflows import stored
from automation.workflows.events import TIMED, note
from automation.workflows.models import Event
from servicetitan.models import Appointment, Customer, Estimate, Invoice, Job

BACK = timedelta(days=7)
Found = Iterable[tuple[int, int | None, str, dict[str, Any]]]  # id, customer, mark, data


def scan(now: datetime) -> None:
    """For the workflows that are switched on."""
    wanted = {(one.definition.event, one.definition.days) for one in stored.current() if one.definition.event in TIMED}
    for kind, days in sorted(wanted):
        Event.objects.bulk_create(found(kind, days, now), batch_size=1000, ignore_conflicts=True)


def found(kind: str, days: int, now: datetime) -> list[Event]:
    """Whose time has come, not stored."""
    return [note(kind, id, customer, f"{days}:{mark}", now, data) for id, customer, mark, data in _FINDERS[kind](now, days)]


def _expiring(now: datetime, days: int) -> Found:
    """Open for so many days. One that is dated anew is another occurrence."""
    then = now - timedelta(days=days)
    rows = Estimate.objects.filter(status="Open", deleted_at__isnull=True, created_on__lte=then, created_on__gt=then - BACK)
    for row in rows.exclude(active=False).only("id", "customer_id", "subtotal", "created_on"):
        yield row.pk, row.customer_id, _day(row.created_on), {"subtotal": str(row.subtotal)}


def _tomorrow(now: datetime, days: int) -> Found:
    """By the company's calendar. One that is moved to another day is another occurrence."""
    zone = timezone.get_current_timezone()
    day = timezone.localdate(now) + timedelta(days=1)
    start = datetime.combine(day, time(0), zone)
    end = datetime.combine(day + timedelta(days=1), time(0), zone)
    rows = Appointment.objects.filter(start__gte=start, start__lt=end, status="Scheduled", deleted_at__isnull=True)
    for row in rows.exclude(active=False).only("id", "customer_id", "start"):
        yield row.pk, row.customer_id, day.isoformat(), {"start": row.start.isoformat() if row.start else None}


def _overdue(now: datetime, days: int) -> Found:
    """So many days behind the day it was due, and something is owed. Due on another day, it is another occurrence.

    ServiceTitan writes a day as its midnight UTC, which by the company's clock is the evening before.
    """
    after = datetime.combine(timezone.localdate(now) - timedelta(days=days - 1), time(0), UTC)
    rows = Invoice.objects.filter(balance__gt=0, due_date__lt=after, due_date__gte=after - BACK, deleted_at__isnull=True)
    for row in rows.exclude(active=False).only("id", "customer_id", "balance", "due_date"):
        due = row.due_date.astimezone(UTC).date().isoformat() if row.due_date else ""
        yield row.pk, row.customer_id, due, {"balance": str(row.balance)}


def _inactive(now: datetime, days: int) -> Found:
    """The last completed job is so many days ago, and no job is ahead. A job since makes the next time another occurrence."""
    then = now - timedelta(days=days)
    done = Job.objects.filter(completed_on__gt=then - BACK, deleted_at__isnull=True, customer_id__isnull=False)
    newest = done.values("customer_id").annotate(last=Max("completed_on")).filter(last__lte=then)
    last = dict(newest.values_list("customer_id", "last"))
    busy = Job.objects.filter(customer_id__in=last, job_status__in=("Scheduled", "Dispatched", "InProgress", "Hold"))
    quiet = set(last) - set(busy.values_list("customer_id", flat=True))
    for row in Customer.objects.filter(pk__in=quiet, deleted_at__isnull=True).exclude(active=False).only("id"):
        yield row.pk, row.pk, _day(last[row.pk]), {"last_job": last[row.pk].isoformat()}


def _day(at: datetime | None) -> str:
    """By the company's calendar."""
    return timezone.localdate(at).isoformat() if at else ""


_FINDERS: dict[str, Callable[[datetime, int], Found]] = {
    "estimate.expiring": _expiring, "appointment.tomorrow": _tomorrow, "invoice.overdue": _overdue,
    "customer.inactive": _inactive,
}  # fmt: skip
