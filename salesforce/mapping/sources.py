"""The values of a customer that can be sent: fields of ServiceTitan, and what the hub works out from its records."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from salesforce.mapping.facts import ESTIMATES, INVOICES, JOBS, REACH, TAGS, Facts

YEAR = timedelta(days=365)
_COUNTRY = {"usa": "United States", "us": "United States", "canada": "Canada", "ca": "Canada"}
_UNSURE = re.compile(r"[&+/\d]|\b(and|or|the|of|trust|estate|family|llc|inc|corp|company)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """`label`: for people. `needs`: parts of the facts. `read` gives text, a number, a flag, a date, a moment, or None."""

    name: str
    label: str
    read: Callable[[Facts], Any]
    needs: tuple[str, ...] = ()
    computed: bool = False


def split_name(name: str | None, *, company: bool) -> tuple[str, str]:
    """(first, last). ServiceTitan has one name; what is not surely a person's is a last name as a whole."""
    text = re.sub(r"\s+", " ", name or "").strip()
    if company or not text or _UNSURE.search(text):
        return "", text
    last, comma, first = (part.strip() for part in text.partition(","))
    if comma:
        return (first, last) if first and last and "," not in first else ("", text)
    words = text.split(" ")
    return (" ".join(words[:-1]), words[-1]) if len(words) in (2, 3) else ("", text)


def is_company(facts: Facts) -> bool:
    return (facts.customer.type or "").lower() == "commercial"


def _first_name(facts: Facts) -> str:
    return split_name(facts.customer.name, company=is_company(facts))[0]


def _last_name(facts: Facts) -> str:
    """Never empty: Salesforce requires one."""
    return split_name(facts.customer.name, company=is_company(facts))[1] or f"Customer {facts.customer.pk}"


def _street(facts: Facts) -> str:
    return " ".join(part.strip() for part in (facts.customer.street, facts.customer.unit) if part and part.strip())


def _country(facts: Facts) -> str:
    text = (facts.customer.country or "").strip()
    return _COUNTRY.get(text.lower(), text)


def _segment(facts: Facts) -> str:
    last = facts.last_service_on
    if last is None:
        return "New"
    since = facts.now - last
    return "Active" if since <= YEAR else "Lapsing" if since <= 2 * YEAR else "Lost"


def _last_service(facts: Facts) -> date | None:
    """The day, in the company's time zone."""
    return timezone.localdate(facts.last_service_on) if facts.last_service_on else None


def _column(name: str) -> Callable[[Facts], Any]:
    return lambda facts: getattr(facts.customer, name)


def _of_mirror() -> list[Source]:
    plain = {
        "name": "Name", "type": "Type (Residential, Commercial)", "city": "City", "state": "State", "zip": "Postal code",
        "latitude": "Latitude", "longitude": "Longitude", "balance": "Balance", "credit_limit": "Credit limit",
        "tax_exempt": "Tax exempt", "do_not_mail": "Do not mail", "do_not_service": "Do not service",
        "national_account": "National account", "created_on": "Customer since", "modified_on": "Changed in ServiceTitan",
        "active": "Active",
    }  # fmt: skip
    return [Source(f"customer.{name}", label, _column(name)) for name, label in plain.items()]


def _worked_out() -> list[Source]:
    return [
        Source("customer.id", "Number", lambda f: str(f.customer.pk)),
        Source("first_name", "First name", _first_name, computed=True),
        Source("last_name", "Last name, or the whole name", _last_name, computed=True),
        Source("street", "Street and unit", _street, computed=True),
        Source("country", "Country, in full", _country, computed=True),
        Source("email", "E-mail that works", lambda f: f.reach.email, (REACH,), computed=True),
        Source("phone", "Phone that works (+1…)", lambda f: f.reach.phone, (REACH,), computed=True),
        Source("tags", "Tags", lambda f: "; ".join(f.tags), (TAGS,), computed=True),
        Source("lifetime_value", "Lifetime value: invoices together", lambda f: f.invoiced, (INVOICES,), computed=True),
        Source("invoice_count", "Number of invoices", lambda f: f.invoices, (INVOICES,), computed=True),
        Source("jobs_completed", "Number of completed jobs", lambda f: f.jobs_completed, (JOBS,), computed=True),
        Source("last_service_on", "Day of the last completed job", _last_service, (JOBS,), computed=True),
        Source("segment", "New, Active, Lapsing or Lost, by the last job", _segment, (JOBS,), computed=True),
        Source("open_estimates", "Number of open estimates", lambda f: f.open_estimates, (ESTIMATES,), computed=True),
        Source("open_estimate_value", "Open estimates together", lambda f: f.open_value, (ESTIMATES,), computed=True),
    ]


SOURCES = {source.name: source for source in (*_worked_out(), *_of_mirror())}

# What a hub that nobody has set up sends: (source, field of Contact), and of Account.
SUGGESTED_CONTACT = (
    ("first_name", "FirstName"), ("last_name", "LastName"), ("email", "Email"), ("phone", "Phone"), ("street", "MailingStreet"),
    ("customer.city", "MailingCity"), ("customer.state", "MailingState"), ("customer.zip", "MailingPostalCode"),
    ("country", "MailingCountry"),
)  # fmt: skip
SUGGESTED_ACCOUNT = (
    ("customer.name", "Name"), ("phone", "Phone"), ("street", "BillingStreet"), ("customer.city", "BillingCity"),
    ("customer.state", "BillingState"), ("customer.zip", "BillingPostalCode"), ("country", "BillingCountry"),
)  # fmt: skip
