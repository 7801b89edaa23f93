"""What templates may name, as people write it: a name, what it is, an example, and how it is read from the record.

A value that is missing is not there at all, so that a template has to say what instead:
{{ customer.first_name | default: "there" }}.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

Read = Callable[[Any, datetime], str | None]


@dataclass(frozen=True)
class Name:
    what: str
    example: str
    read: Read


def _text(field: str) -> Read:
    return lambda row, now: " ".join(str(getattr(row, field) or "").split()) or None


def _money(field: str) -> Read:
    return lambda row, now: money(getattr(row, field))


def money(value: Decimal | None) -> str | None:
    return None if value is None else f"${value:,.2f}".removesuffix(".00")


def _day(field: str) -> Read:
    return lambda row, now: None if (at := getattr(row, field)) is None else day(timezone.localtime(at).date())


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
    of, today = timezone.localtime(row.start).date(), timezone.localtime(now).date()
    return {today: "today", today + timedelta(days=1): "tomorrow"}.get(of, f"on {day(of)}")


def _window(row: Any, now: datetime) -> str | None:
    """Between when and when the technician comes."""
    first, last = row.arrival_window_start, row.arrival_window_end
    if first is None or last is None:
        return f"at {clock(row.start)}" if row.start else None
    return f"between {clock(first)} and {clock(last)}"


def _days_since(field: str) -> Read:
    def read(row: Any, now: datetime) -> str | None:
        at = getattr(row, field)
        return None if at is None else str(max(0, (timezone.localtime(now).date() - timezone.localtime(at).date()).days))

    return read


def _first_name(row: Any, now: datetime) -> str | None:
    """Of "Ann Lee" and "Lee, Ann"; of a company, or of what may be two people, none."""
    name = " ".join((row.name or "").split())
    if not name or (row.type or "").lower() == "commercial" or any(sign in name for sign in "&/0123456789") or " and " in name:
        return None
    last, comma, first = name.partition(",")
    word = (first if comma else last).split()[:1]
    found = word[0].strip(".") if word else ""
    return found.capitalize() if len(found) > 1 and (comma or " " in name) else None


def _setting(name: str) -> Read:
    return lambda row, now: getattr(settings, name) or None


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
    "id": Name("The customer's id in ServiceTitan", "1234", lambda row, now: str(row.pk)),
}
ESTIMATE = {
    "name": Name("The estimate's name", "Heat pump, 3 tons", _text("name")),
    "number": Name("The number of its job", "88127", _text("job_number")),
    "subtotal": Name("Its amount before tax", "$8,420", _money("subtotal")),
    "total": Name("Its amount with tax", "$9,104.50", _money("total")),
    "days_ago": Name("How many days ago it was made", "3", _days_since("created_on")),
    "created": Name("The day it was made", "Tuesday, June 3", _day("created_on")),
    "id": Name("The estimate's id in ServiceTitan", "5678", lambda row, now: str(row.pk)),
}
JOB = {
    "number": Name("The job's number", "88127", _text("job_number")),
    "summary": Name("What it is about", "AC does not cool", _text("summary")),
    "completed": Name("The day it was completed", "Tuesday, June 3", _day("completed_on")),
    "id": Name("The job's id in ServiceTitan", "9012", lambda row, now: str(row.pk)),
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
    "due": Name("The day it was due", "Tuesday, June 3", _day("due_date")),
    "days_overdue": Name("How many days ago that was", "9", _days_since("due_date")),
    "job_type": Name("What kind of job it was", "Repair", _text("job_type")),
    "id": Name("The invoice's id in ServiceTitan", "3456", lambda row, now: str(row.pk)),
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
