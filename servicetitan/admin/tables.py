"""How jobs, appointments, estimates and invoices are written as rows of another record's page: (headers, cells)."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.safestring import SafeString

from config.backoffice import pages, show
from servicetitan.models import Appointment, Estimate, Invoice, Job, MirroredRecord

Rows = tuple[Sequence[str], Callable[[Any], Sequence[Any]]]
JOB_NAMES = ("job_type", "business_unit")

STATUS_TONES = {
    "Completed": show.GOOD, "Done": show.GOOD, "Sold": show.GOOD, "Working": show.INFO, "InProgress": show.INFO,
    "Dispatched": show.INFO, "Hold": show.WARNING, "Open": show.INFO, "Scheduled": show.INFO,
}  # fmt: skip
STATUS_WORDS = {"InProgress": "in progress"}


def status(value: str | None) -> SafeString:
    """A status of ServiceTitan's; one we do not know is shown as it came."""
    if not value:
        return show.NOTHING
    return show.pill(STATUS_WORDS.get(value, value.lower()), STATUS_TONES.get(value, show.PLAIN))


def condition(record: MirroredRecord) -> SafeString:
    """Whether the record is in use."""
    if record.deleted_at:
        return show.pill("gone at ServiceTitan", show.BAD)
    if record.missing_since:
        return show.pill("missing there", show.WARNING)
    if record.active is False:
        return show.pill("inactive", show.PLAIN)
    return show.pill("active", show.GOOD)


def number(text: str) -> int:
    """An id out of an address; -1, which no record has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() else -1


def _job(job: Job) -> Sequence[Any]:
    return (
        pages.link_to(job, job.job_number or job.pk), status(job.job_status), pages.link_over(job, "job_type"),
        pages.link_over(job, "business_unit"), show.moment(job.created_on), show.money(job.total),
    )  # fmt: skip


def _appointment(appointment: Appointment) -> Sequence[Any]:
    return (
        pages.link_to(appointment, appointment.appointment_number or appointment.pk), status(appointment.status),
        show.moment(appointment.start), show.moment(appointment.end), pages.link_over(appointment, "job"),
    )  # fmt: skip


def _estimate(estimate: Estimate) -> Sequence[Any]:
    return (
        pages.link_to(estimate), status(estimate.status), show.moment(estimate.created_on), show.moment(estimate.sold_on),
        show.money(estimate.total),
    )  # fmt: skip


def _invoice(invoice: Invoice) -> Sequence[Any]:
    return (
        pages.link_to(invoice, invoice.reference_number or invoice.pk), show.some(invoice.job_number),
        show.day(invoice.invoice_date), show.day(invoice.paid_on), show.money(invoice.total), show.money(invoice.balance),
    )  # fmt: skip


JOBS: Rows = (("Job", "Status", "Type", "Business unit", "Created", "Total"), _job)
APPOINTMENTS: Rows = (("Appointment", "Status", "Start", "End", "Job"), _appointment)
ESTIMATES: Rows = (("Estimate", "Status", "Created", "Sold", "Total"), _estimate)
INVOICES: Rows = (("Invoice", "Job", "Date", "Paid", "Total", "Balance"), _invoice)
