"""Finding records by what people have in hand: a number, a phone number, an e-mail address, the beginning of a name."""

import re
from collections.abc import Iterator
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from config.backoffice import pages, palette
from config.backoffice.navigation import may_see
from config.backoffice.palette import Hit
from servicetitan.models import Customer, CustomerContact, Invoice, Job

MOST_OWNERS = 200
HITS = 6


def is_number(term: str) -> bool:
    return term.isascii() and term.isdigit()


def written_phones(term: str) -> list[str]:
    """The ways an American phone number is written: the mirror keeps it as somebody typed it."""
    digits = re.sub(r"\D", "", term)
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    if len(digits) != 10:
        return [digits] if digits else []
    area, office, line = digits[:3], digits[3:6], digits[6:]
    return [
        digits, f"({area}) {office}-{line}", f"{area}-{office}-{line}", f"{area}.{office}.{line}", f"{area} {office} {line}",
        f"({area}){office}-{line}", f"1{digits}", f"+1{digits}", f"1-{area}-{office}-{line}", f"+1 {area}-{office}-{line}",
    ]  # fmt: skip


def contacts(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """By id, e-mail address, or phone number however it is written."""
    values = {term, term.lower()} if "@" in term else {term, *written_phones(term)}
    found = Q(value__in=values)
    return rows.filter(found | Q(pk=int(term))) if is_number(term) else rows.filter(found)


def customers(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """By id, phone number or e-mail address exactly, by name from its beginning."""
    looks_like_phone = len(re.sub(r"\D", "", term)) >= 7 and not re.search(r"[a-z]", term, re.IGNORECASE)
    if "@" not in term and not looks_like_phone:
        return rows.filter(pk=int(term)) if is_number(term) else rows.filter(name__istartswith=term)
    reached = contacts(CustomerContact.objects.exclude(customer=None), term)
    owners = set(reached.values_list("customer_id", flat=True)[:MOST_OWNERS])
    if is_number(term):
        owners.add(int(term))
    return rows.filter(pk__in=owners)


def jobs(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """By id or number."""
    return rows.filter(Q(job_number=term) | Q(pk=int(term))) if is_number(term) else rows.filter(job_number=term)


def job_ids(term: str) -> list[int]:
    return list(jobs(Job.objects.all(), term).values_list("pk", flat=True)[:MOST_OWNERS])


def of_jobs(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """By the record's own id, or by the number of its job."""
    by_job = Q(job_id__in=job_ids(term))
    return rows.filter(by_job | Q(pk=int(term))) if is_number(term) else rows.filter(by_job)


def invoices(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """By id, reference number, or the number of the job."""
    found = Q(reference_number=term) | Q(job_id__in=job_ids(term))
    return rows.filter(found | Q(pk=int(term))) if is_number(term) else rows.filter(found)


_SEARCHED: tuple[tuple[type[Model], Any, str], ...] = (
    (Customer, customers, "person"),
    (Job, jobs, "handyman"),
    (Invoice, invoices, "receipt_long"),
)


def find(request: HttpRequest, term: str) -> Iterator[Hit]:
    for model, search, icon in _SEARCHED:
        if may_see(request, model):
            found = search(model._default_manager.defer("raw"), term).order_by("-pk")[:HITS]
            for record in found:
                yield Hit(str(record), f"{model._meta.verbose_name} {record.pk}", pages.page_of(model, record.pk), icon)


palette.register(find)
