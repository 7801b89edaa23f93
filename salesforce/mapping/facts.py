"""What is known of some customers, read from the mirror at once: only what the mapping in use asks for."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Max, Q, Sum

from servicetitan.models import NOWHERE, Customer, Estimate, Invoice, Job, Reach, TagType, reach_of

REACH, INVOICES, JOBS, ESTIMATES, TAGS = "reach", "invoices", "jobs", "estimates", "tags"
# What of the event log may change them, by what is needed.
ENTITIES = {REACH: "contacts", INVOICES: "invoices", JOBS: "jobs", ESTIMATES: "estimates"}


@dataclass
class Facts:
    """Of one customer. Money in the company's currency."""

    customer: Customer
    now: datetime
    reach: Reach = NOWHERE
    tags: list[str] = field(default_factory=list)
    invoiced: Decimal = Decimal(0)
    invoices: int = 0
    last_invoice_on: datetime | None = None
    jobs_completed: int = 0
    last_service_on: datetime | None = None
    open_estimates: int = 0
    open_value: Decimal = Decimal(0)


def facts_of(customer_ids: Collection[int], needs: Collection[str], now: datetime) -> dict[int, Facts]:
    """By customer; those who are not in the mirror are not in it."""
    ids = list(customer_ids)
    found = {row.pk: Facts(row, now) for row in Customer.objects.filter(pk__in=ids).defer("raw")}
    if REACH in needs:
        for id, reach in reach_of(found).items():
            found[id].reach = reach
    for need, add in ((TAGS, _tags), (INVOICES, _invoices), (JOBS, _jobs), (ESTIMATES, _estimates)):
        if need in needs:
            add(found)
    return found


def _tags(found: dict[int, Facts]) -> None:
    wanted = {id for facts in found.values() for id in facts.customer.tag_type_ids or []}
    names = dict(TagType.objects.filter(pk__in=wanted).values_list("pk", "name"))
    for facts in found.values():
        facts.tags = sorted(name for id in facts.customer.tag_type_ids or [] if (name := names.get(id)))


def _living(rows: Iterable[int]) -> Q:
    return Q(customer_id__in=list(rows), deleted_at__isnull=True) & ~Q(active=False)


def _invoices(found: dict[int, Facts]) -> None:
    rows = Invoice.objects.filter(_living(found)).values("customer_id")
    for row in rows.annotate(total_sum=Sum("total"), number=Count("pk"), last=Max("invoice_date")):
        facts = found[row["customer_id"]]
        facts.invoiced, facts.invoices = row["total_sum"] or Decimal(0), row["number"]
        facts.last_invoice_on = row["last"]


def _jobs(found: dict[int, Facts]) -> None:
    rows = Job.objects.filter(_living(found), job_status="Completed").values("customer_id")
    for row in rows.annotate(number=Count("pk"), last=Max("completed_on")):
        facts = found[row["customer_id"]]
        facts.jobs_completed, facts.last_service_on = row["number"], row["last"]


def _estimates(found: dict[int, Facts]) -> None:
    rows = Estimate.objects.filter(_living(found), status="Open").values("customer_id")
    for row in rows.annotate(number=Count("pk"), worth=Sum("subtotal")):
        facts = found[row["customer_id"]]
        facts.open_estimates, facts.open_value = row["number"], row["worth"] or Decimal(0)
