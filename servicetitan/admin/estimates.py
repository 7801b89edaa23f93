"""Estimates, with their lines."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.filters import recent_choice
from config.backoffice.panels import Facts, Panel
from servicetitan.admin import finding, lines, tables
from servicetitan.admin.jobs import names_of, of_customer, of_job
from servicetitan.admin.records import MirroredAdmin
from servicetitan.models import BusinessUnit, Estimate

STATUS = tuple((s, s) for s in ("Open", "Sold", "Dismissed"))


@admin.register(Estimate)
class EstimateAdmin(MirroredAdmin):
    entity = "estimates"
    list_display = ("called", "of_whom", "of_job", "status_pill", "created", "sold", "sum")
    list_filter = (
        recent_choice("status", "Status", STATUS),
        recent_choice("business_unit", "Business unit", names_of(BusinessUnit)),
        of_customer(),
        of_job(),
    )
    list_related = ("customer", "job")
    page_related = ("customer", "job", "business_unit", "sold_by")
    search_help_text = "id, or the number of the job"

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return finding.of_jobs(rows, term)

    @admin.display(description="estimate")
    def called(self, estimate: Estimate) -> str:
        return show.short(str(estimate), 50)

    @admin.display(description="customer")
    def of_whom(self, estimate: Estimate) -> SafeString:
        return pages.link_over(estimate, "customer")

    @admin.display(description="job")
    def of_job(self, estimate: Estimate) -> SafeString:
        return pages.link_over(estimate, "job")

    @admin.display(description="status")
    def status_pill(self, estimate: Estimate) -> SafeString:
        return tables.status(estimate.status)

    @admin.display(description="created")
    def created(self, estimate: Estimate) -> SafeString:
        return show.moment(estimate.created_on)

    @admin.display(description="sold")
    def sold(self, estimate: Estimate) -> SafeString:
        return show.moment(estimate.sold_on)

    @admin.display(description="total")
    def sum(self, estimate: Estimate) -> SafeString | str:
        return show.money(estimate.total)

    def lead(self, record: Estimate) -> SafeString | str:
        return show.format_inline(tables.status(record.status), super().lead(record))

    def facts(self, request: HttpRequest, record: Estimate) -> list[Panel]:
        who = [
            ("Customer", pages.link_over(record, "customer")),
            ("Job", pages.link_over(record, "job")),
            ("Business unit", pages.link_over(record, "business_unit")),
            ("Sold by", pages.link_over(record, "sold_by")),
            ("Sold", show.moment(record.sold_on)),
        ]
        money = [
            ("Subtotal", show.money(record.subtotal)),
            ("Tax", show.money(record.tax)),
            ("Total", show.money(record.total)),
            ("Deposit", show.money(record.deposit_amount)),
            ("Recommended", show.yes_no(record.is_recommended)),
        ]
        facts = [Facts(title="Estimate", rows=who), Facts(title="Money", rows=money)]
        return [*facts, *lines.summary(record), lines.of_estimate(record)]
