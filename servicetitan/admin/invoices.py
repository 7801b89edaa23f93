"""Invoices, with their lines."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.filters import recent_choice
from config.backoffice.panels import Facts, Panel
from servicetitan.admin import finding, lines, tables
from servicetitan.admin.customers import active_filter
from servicetitan.admin.jobs import names_of, of_customer, of_job
from servicetitan.admin.records import MirroredAdmin, address
from servicetitan.models import BusinessUnit, Invoice

OWED = (("yes", "still to pay"), ("no", "paid"))


def _by_debt(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    return rows.filter(balance__gt=0) if chosen == "yes" else rows.filter(balance__lte=0)


@admin.register(Invoice)
class InvoiceAdmin(MirroredAdmin):
    entity = "invoices"
    list_display = ("number", "of_whom", "of_job", "dated", "paid", "sum", "owes", "condition")
    list_filter = (
        recent_choice("balance", "Balance", OWED, narrow=_by_debt),
        recent_choice("business_unit", "Business unit", names_of(BusinessUnit)),
        active_filter(),
        of_customer(),
        of_job(),
    )
    list_related = ("customer", "job")
    page_related = ("customer", "job", "business_unit", "adjustment_to")
    search_help_text = "id, reference number, or the number of the job"

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return finding.invoices(rows, term)

    @admin.display(description="invoice")
    def number(self, invoice: Invoice) -> str:
        return invoice.reference_number or str(invoice.pk)

    @admin.display(description="customer")
    def of_whom(self, invoice: Invoice) -> SafeString:
        return pages.link_over(invoice, "customer")

    @admin.display(description="job")
    def of_job(self, invoice: Invoice) -> SafeString:
        return pages.link_over(invoice, "job")

    @admin.display(description="date")
    def dated(self, invoice: Invoice) -> SafeString | str:
        return show.day(invoice.invoice_date)

    @admin.display(description="paid")
    def paid(self, invoice: Invoice) -> SafeString | str:
        return show.day(invoice.paid_on)

    @admin.display(description="total")
    def sum(self, invoice: Invoice) -> SafeString | str:
        return show.money(invoice.total)

    @admin.display(description="balance")
    def owes(self, invoice: Invoice) -> SafeString | str:
        return show.money(invoice.balance)

    @admin.display(description="state")
    def condition(self, invoice: Invoice) -> SafeString:
        return tables.condition(invoice)

    def facts(self, request: HttpRequest, record: Invoice) -> list[Panel]:
        return [_who(record), _money(record), *lines.summary(record), lines.of_invoice(record)]


def _who(invoice: Invoice) -> Panel:
    rows = [
        ("Customer", pages.link_over(invoice, "customer")),
        ("Job", pages.link_over(invoice, "job")),
        ("Business unit", pages.link_over(invoice, "business_unit")),
        ("Type", show.some(invoice.invoice_type)),
        ("Where", show.some(address(invoice, "location_") or address(invoice, "customer_"))),
        ("Adjusts", pages.link_over(invoice, "adjustment_to")),
    ]
    return Facts(title="Invoice", rows=rows)


def _money(invoice: Invoice) -> Panel:
    rows = [
        ("Date", show.day(invoice.invoice_date)),
        ("Due", show.day(invoice.due_date)),
        ("Paid", show.day(invoice.paid_on)),
        ("Subtotal", show.money(invoice.subtotal)),
        ("Sales tax", show.money(invoice.sales_tax)),
        ("Total", show.money(invoice.total)),
        ("Balance", show.money(invoice.balance)),
    ]
    return Facts(title="Money", rows=rows)
