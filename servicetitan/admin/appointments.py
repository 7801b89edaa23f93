"""Appointments of jobs."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.filters import days, recent_choice
from config.backoffice.panels import Facts, Panel
from servicetitan.admin import finding, tables
from servicetitan.admin.jobs import of_customer, of_job
from servicetitan.admin.records import MirroredAdmin
from servicetitan.models import Appointment

STATUS = tuple((s, s) for s in ("Scheduled", "Dispatched", "Working", "Hold", "Done", "Canceled"))


def _starting(rows: QuerySet[Any], start: datetime | None, end: datetime | None) -> QuerySet[Any]:
    rows = rows.filter(start__gte=start) if start else rows
    return rows.filter(start__lt=end) if end else rows


@admin.register(Appointment)
class AppointmentAdmin(MirroredAdmin):
    entity = "appointments"
    list_display = ("number", "status_pill", "begins", "ends", "of_job", "confirmed")
    list_filter = (
        recent_choice("status", "Status", STATUS),
        days("Starting", _starting),
        of_job(),
        of_customer("job__customer"),
    )
    list_related = ("job",)
    page_related = ("job", "customer")
    search_help_text = "id, or the number of the job"

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return finding.of_jobs(rows, term)

    @admin.display(description="appointment")
    def number(self, appointment: Appointment) -> str:
        return appointment.appointment_number or str(appointment.pk)

    @admin.display(description="status")
    def status_pill(self, appointment: Appointment) -> SafeString:
        return tables.status(appointment.status)

    @admin.display(description="start")
    def begins(self, appointment: Appointment) -> SafeString:
        return show.moment(appointment.start)

    @admin.display(description="end")
    def ends(self, appointment: Appointment) -> SafeString:
        return show.moment(appointment.end)

    @admin.display(description="job")
    def of_job(self, appointment: Appointment) -> SafeString:
        return pages.link_over(appointment, "job")

    @admin.display(description="confirmed")
    def confirmed(self, appointment: Appointment) -> SafeString | str:
        return show.yes_no(appointment.is_confirmed)

    def lead(self, record: Appointment) -> SafeString | str:
        return show.format_inline(tables.status(record.status), super().lead(record))

    def facts(self, request: HttpRequest, record: Appointment) -> list[Panel]:
        when = [
            ("Start", show.moment(record.start)),
            ("End", show.moment(record.end)),
            ("Arrival from", show.moment(record.arrival_window_start)),
            ("Arrival until", show.moment(record.arrival_window_end)),
        ]
        what = [
            ("Job", pages.link_over(record, "job")),
            ("Customer", pages.link_over(record, "customer")),
            ("Confirmed", show.yes_no(record.is_confirmed)),
            ("Instructions", show.paragraphs(record.special_instructions)),
        ]
        return [Facts(title="When", rows=when), Facts(title="What", rows=what)]
