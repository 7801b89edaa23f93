"""Jobs."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.filters import of, recent_choice
from config.backoffice.panels import Facts, Panel, Text
from servicetitan.admin import finding, tables
from servicetitan.admin.records import MirroredAdmin, related
from servicetitan.admin.tags import tag_names
from servicetitan.models import Appointment, BusinessUnit, Customer, Estimate, Invoice, Job, JobType

JOB_STATUS = tuple((s, s) for s in ("Scheduled", "Dispatched", "InProgress", "Hold", "Completed", "Canceled"))
MOST_CHOICES = 500


def names_of(model: Any) -> Any:
    """The records of a short list as choices."""

    def options() -> list[tuple[str, str]]:
        rows = model.objects.order_by("name").values_list("pk", "name")[:MOST_CHOICES]
        return [(str(pk), name or str(pk)) for pk, name in rows]

    return options


def customer_name(chosen: str) -> str:
    customer = Customer.objects.filter(pk=tables.number(chosen)).defer("raw").first()
    return str(customer) if customer else chosen


def of_customer(path: str = "customer") -> Any:
    """`path` leads to the customer over columns that have an index."""
    return of(
        "customer", "Customer", lambda rows, chosen: rows.filter(**{path: tables.number(chosen)}), customer_name
    )  # fmt: skip


def of_job() -> Any:
    return of("job", "Job", lambda rows, chosen: rows.filter(job=tables.number(chosen)))


@admin.register(Job)
class JobAdmin(MirroredAdmin):
    entity = "jobs"
    list_display = ("number", "of_whom", "status", "kind", "unit", "created", "completed", "sum")
    list_filter = (
        recent_choice("job_status", "Status", JOB_STATUS),
        recent_choice("business_unit", "Business unit", names_of(BusinessUnit)),
        recent_choice("job_type", "Job type", names_of(JobType)),
        of_customer(),
    )
    list_related = ("customer", "business_unit", "job_type")
    page_related = ("customer", "business_unit", "job_type", "sold_by")
    search_help_text = "job number or id, exactly"

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return finding.jobs(rows, term)

    @admin.display(description="job")
    def number(self, job: Job) -> str:
        return job.job_number or str(job.pk)

    @admin.display(description="customer")
    def of_whom(self, job: Job) -> SafeString:
        return pages.link_over(job, "customer")

    @admin.display(description="status")
    def status(self, job: Job) -> SafeString:
        return tables.status(job.job_status)

    @admin.display(description="type")
    def kind(self, job: Job) -> SafeString:
        return pages.link_over(job, "job_type")

    @admin.display(description="business unit")
    def unit(self, job: Job) -> SafeString:
        return pages.link_over(job, "business_unit")

    @admin.display(description="created")
    def created(self, job: Job) -> SafeString:
        return show.moment(job.created_on)

    @admin.display(description="completed")
    def completed(self, job: Job) -> SafeString:
        return show.moment(job.completed_on)

    @admin.display(description="total")
    def sum(self, job: Job) -> SafeString | str:
        return show.money(job.total)

    def lead(self, record: Job) -> SafeString | str:
        return show.format_inline(tables.status(record.job_status), super().lead(record))

    def facts(self, request: HttpRequest, record: Job) -> list[Panel]:
        work = Text(title="Summary", content=show.paragraphs(record.summary))
        done = [Text(title="Summary of work", content=show.paragraphs(record.summary_of_work))] if record.summary_of_work else []
        return [
            _job(record),
            _terms(record),
            work,
            *done,
            *related(request, "Appointments", Appointment.objects.filter(job=record.pk), *tables.APPOINTMENTS,
                     all_at=pages.list_of(Appointment, job=record.pk), related_to=("job",)),
            *related(request, "Estimates", Estimate.objects.filter(job=record.pk), *tables.ESTIMATES,
                     all_at=pages.list_of(Estimate, job=record.pk), numeric=(4,)),
            *related(request, "Invoices", Invoice.objects.filter(job=record.pk), *tables.INVOICES,
                     all_at=pages.list_of(Invoice, job=record.pk), numeric=(4, 5)),
        ]  # fmt: skip


def _job(job: Job) -> Panel:
    rows = [
        ("Customer", pages.link_over(job, "customer")),
        ("Type", pages.link_over(job, "job_type")),
        ("Business unit", pages.link_over(job, "business_unit")),
        ("Priority", show.some(job.priority)),
        ("Sold by", pages.link_over(job, "sold_by")),
        ("Tags", tag_names(job.tag_type_ids)),
    ]
    return Facts(title="Job", rows=rows)


def _terms(job: Job) -> Panel:
    rows = [
        ("Total", show.money(job.total)),
        ("Completed", show.moment(job.completed_on)),
        ("No charge", show.yes_no(job.no_charge)),
        ("Customer's order", show.some(job.customer_po)),
        ("Recall of", _job_by_id(job.recall_for_id)),
        ("Notifications", show.yes_no(job.notifications_enabled)),
    ]
    return Facts(title="Terms", rows=rows)


def _job_by_id(job_id: int | None) -> SafeString | str:
    if not job_id:
        return show.NOTHING
    job = Job.objects.filter(pk=job_id).defer("raw").first()
    return pages.link_to(job) if job else pages.missing(job_id)
