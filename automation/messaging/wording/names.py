"""What templates may name, as people write it: a name, what it is, an example, and how it is read from the record.

A value that is missing is not there at all, so that a template has to say what instead:
{{ customer.first_name | default: "there" }}. No money is missing too: nobody is reminded of $0.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from textwrap import shorten
from typing import Any

from django.conf import settings
from django.utils import timezone

from automation.messaging.wording.people import first_name

Value = str | int
Read = Callable[[Any, datetime], Value | None]
LONGEST = 1000  # characters of a value; somebody may have put a whole protocol into a summary


@dataclass(frozen=True)
class Name:
    what: str
    example: Value
    read: Read


def _text(field: str) -> Read:
    """`field` may lead to another record, as in job_type.name."""
    *steps, last = field.split(".")

    def read(row: Any, now: datetime) -> str | None:
        for step in steps:
            row = getattr(row, step, None)
        return _line(getattr(row, last, None))

    return read


def _line(value: Any) -> str | None:
    text = " ".join(str(value or "").split())
    return shorten(text, LONGEST, placeholder="...") or None


def _money(field: str) -> Read:
    return lambda row, now: money(getattr(row, field))


def money(value: Decimal | None) -> str | None:
    cents = Decimal(0) if value is None else Decimal(value).quantize(Decimal("0.01"))
    return f"${cents:,.2f}".removesuffix(".00") if cents > 0 else None


def _with_tax(row: Any, now: datetime) -> str | None:
    """Of an estimate. Without the amount itself the tax alone is no total."""
    return None if row.subtotal is None else money(row.total)


def _local(at: datetime) -> date:
    return timezone.localtime(at).date()


def _calendar(at: datetime) -> date:
    """Invoices have days, which ServiceTitan writes as midnight UTC: in the company's zone that is the evening before."""
    return at.astimezone(UTC).date()


def _day(field: str, of: Callable[[datetime], date] = _local) -> Read:
    return lambda row, now: None if (at := getattr(row, field)) is None else day(of(at))


def day(of: date) -> str:
    return f"{of:%A, %B} {of.day}"


def clock(at: datetime) -> str:
    """8 AM, 8:30 AM"""
    local = timezone.localtime(at)
    minutes = f":{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes} {'AM' if local.hour < 12 else 'PM'}"


def _when(row: Any, now: datetime) -> str | None:
    """today, tomorrow, or the day."""
    if row.start is None:
        return None
    of, today = _local(row.start), _local(now)
    return {today: "today", today + timedelta(days=1): "tomorrow"}.get(of, f"on {day(of)}")


def _window(row: Any, now: datetime) -> str | None:
    """Between when and when the technician comes."""
    first, last = row.arrival_window_start or row.start, row.arrival_window_end
    if first is None or last is None or last <= first or row.arrival_window_start is None:
        return f"at {clock(first)}" if first else None
    return f"between {clock(first)} and {clock(last)}"


def _days_since(field: str, of: Callable[[datetime], date] = _local) -> Read:
    def read(row: Any, now: datetime) -> int | None:
        at = getattr(row, field)
        return None if at is None else max(0, (_local(now) - of(at)).days)

    return read


def _first_name(row: Any, now: datetime) -> str | None:
    return None if (row.type or "").strip().lower() == "commercial" else first_name(_line(row.name) or "")


def _setting(name: str) -> Read:
    return lambda row, now: _line(getattr(settings, name))


def _id(row: Any, now: datetime) -> str:
    return str(row.pk)


COMPANY = {
    "name": Name("Your company's name", "Desert Air", _setting("HUB_COMPANY_NAME")),
    "phone": Name("Your company's phone number", "(480) 555-0100", _setting("HUB_COMPANY_PHONE")),
    "review_link": Name("Where customers write reviews", "https://example.com/review", _setting("HUB_COMPANY_REVIEW_LINK")),
    "booking_link": Name("Where customers book", "https://example.com/book", _setting("HUB_COMPANY_BOOKING_LINK")),
}
CUSTOMER = {
    "name": Name("The customer's whole name", "Ann Lee", _text("name")),
    "first_name": Name("First name, where it is a person's", "Ann", _first_name),
    "city": Name("City of the customer's address", "Mesa", _text("city")),
    "street": Name("Street of the customer's address", "12 Oak Street", _text("street")),
    "id": Name("The customer's id in ServiceTitan", "1234", _id),
}
ESTIMATE = {
    "name": Name("The estimate's name", "Heat pump, 3 tons", _text("name")),
    "number": Name("The number of its job", "88127", _text("job_number")),
    "summary": Name("What it says in its summary", "Replace the unit on the roof", _text("summary")),
    "subtotal": Name("Its amount before tax", "$8,420", _money("subtotal")),
    "total": Name("Its amount with tax", "$9,104.50", _with_tax),
    "days_ago": Name("How many days ago it was made", 3, _days_since("created_on")),
    "created": Name("The day it was made", "Tuesday, June 3", _day("created_on")),
    "id": Name("The estimate's id in ServiceTitan", "5678", _id),
}
JOB = {
    "number": Name("The job's number", "88127", _text("job_number")),
    "type": Name("What kind of job it is", "Repair", _text("job_type.name")),
    "business_unit": Name("The business unit that does it", "HVAC Service", _text("business_unit.name")),
    "summary": Name("What it is about", "AC does not cool", _text("summary")),
    "completed": Name("The day it was completed", "Tuesday, June 3", _day("completed_on")),
    "id": Name("The job's id in ServiceTitan", "9012", _id),
}
APPOINTMENT = {
    "when": Name("today, tomorrow, or the day", "tomorrow", _when),
    "day": Name("Its day", "Tuesday, June 3", _day("start")),
    "time": Name("When it starts", "8 AM", lambda row, now: clock(row.start) if row.start else None),
    "window": Name("When the technician arrives", "between 8 AM and 12 PM", _window),
    "number": Name("Its number", "88127-1", _text("appointment_number")),
}
INVOICE = {
    "number": Name("The invoice's number", "INV-3301", _text("reference_number")),
    "total": Name("Its amount", "$412.80", _money("total")),
    "balance": Name("What is not paid yet", "$412.80", _money("balance")),
    "due": Name("The day it was due", "Tuesday, June 3", _day("due_date", _calendar)),
    "days_overdue": Name("How many days ago that was", 9, _days_since("due_date", _calendar)),
    "job_type": Name("What kind of job it was", "Repair", _text("job_type")),
    "id": Name("The invoice's id in ServiceTitan", "3456", _id),
}
KNOWN: Mapping[str, Mapping[str, Mapping[str, Name]]] = {
    "customer": {"customer": CUSTOMER, "company": COMPANY},
    "estimate": {"estimate": ESTIMATE, "job": JOB, "customer": CUSTOMER, "company": COMPANY},
    "job": {"job": JOB, "customer": CUSTOMER, "company": COMPANY},
    "appointment": {"appointment": APPOINTMENT, "job": JOB, "customer": CUSTOMER, "company": COMPANY},
    "invoice": {"invoice": INVOICE, "job": JOB, "customer": CUSTOMER, "company": COMPANY},
}


def names_of(entity: str) -> dict[str, Name]:
    """By what a template writes, such as customer.first_name."""
    return {f"{about}.{name}": known for about, names in KNOWN[entity].items() for name, known in names.items()}
