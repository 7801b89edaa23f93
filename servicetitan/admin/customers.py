"""Customers and their contacts."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.filters import of, recent_choice
from config.backoffice.panels import Banner, Facts, Panel, Table
from servicetitan.admin import finding, tables
from servicetitan.admin.records import ACTIVE, MirroredAdmin, address, related
from servicetitan.admin.tags import tag_names
from servicetitan.models import Appointment, Customer, CustomerContact, Estimate, Invoice, Job

TYPES = (("Residential", "Residential"), ("Commercial", "Commercial"))
CONTACT_TYPES = tuple((kind, kind) for kind in ("Phone", "MobilePhone", "Email", "Fax"))
CONTACTS_SHOWN = 50


def active_filter(**more: Any) -> Any:
    return recent_choice("active", "Active", ACTIVE, narrow=lambda rows, chosen: rows.filter(active=chosen == "yes"), **more)


@admin.register(Customer)
class CustomerAdmin(MirroredAdmin):
    entity = "customers"
    list_display = ("name_or_id", "id_here", "type", "where", "reach", "owes", "condition")
    list_filter = (recent_choice("type", "Type", TYPES), active_filter())
    page_related = ("merged_to",)
    search_help_text = "id, name (its beginning), phone or e-mail"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        contacts = CustomerContact.objects.exclude(active=False).only("customer_id", "type", "value")
        return super().get_queryset(request).prefetch_related(Prefetch("contacts", contacts, to_attr="reachable"))

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return finding.customers(rows, term)

    @admin.display(description="customer")
    def name_or_id(self, customer: Customer) -> str:
        return str(customer)

    @admin.display(description="id")
    def id_here(self, customer: Customer) -> str:
        return str(customer.pk)

    @admin.display(description="address")
    def where(self, customer: Customer) -> str:
        return ", ".join(part for part in (customer.street, customer.city, customer.state) if part) or show.DASH

    @admin.display(description="contacts")
    def reach(self, customer: Any) -> str:
        values = [contact.value for contact in customer.reachable if contact.value]
        return ", ".join(values[:2]) + (f" +{len(values) - 2}" if len(values) > 2 else "") or show.DASH

    @admin.display(description="balance")
    def owes(self, customer: Customer) -> SafeString | str:
        return show.money(customer.balance)

    @admin.display(description="state")
    def condition(self, customer: Customer) -> SafeString:
        return tables.condition(customer)

    def banners(self, record: Customer) -> list[Banner]:
        found = []
        if record.merged_to_id:
            found.append(Banner(format_html("Merged into {}.", pages.link_over(record, "merged_to")), show.INFO))
        if record.do_not_service:
            found.append(Banner("Do not service.", show.WARNING))
        return found

    def facts(self, request: HttpRequest, record: Customer) -> list[Panel]:
        filters = {"customer": record.pk}
        return [
            _who(record),
            _terms(record),
            *_contacts(record),
            *related(request, "Jobs", Job.objects.filter(customer=record.pk), *tables.JOBS,
                     all_at=pages.list_of(Job, **filters), related_to=tables.JOB_NAMES, numeric=(5,)),
            *related(request, "Appointments", Appointment.objects.filter(job__customer=record.pk), *tables.APPOINTMENTS,
                     all_at=pages.list_of(Appointment, **filters), related_to=("job",)),
            *related(request, "Estimates", Estimate.objects.filter(customer=record.pk), *tables.ESTIMATES,
                     all_at=pages.list_of(Estimate, **filters), numeric=(4,)),
            *related(request, "Invoices", Invoice.objects.filter(customer=record.pk), *tables.INVOICES,
                     all_at=pages.list_of(Invoice, **filters), numeric=(4, 5)),
        ]  # fmt: skip


def _who(customer: Customer) -> Panel:
    rows = [
        ("Name", show.some(customer.name)),
        ("Type", show.some(customer.type)),
        ("Address", show.some(address(customer))),
        ("Tags", tag_names(customer.tag_type_ids)),
    ]
    return Facts(title="Customer", rows=rows)


def _terms(customer: Customer) -> Panel:
    rows = [
        ("Balance", show.money(customer.balance)),
        ("Credit limit", show.money(customer.credit_limit)),
        ("Tax exempt", show.yes_no(customer.tax_exempt)),
        ("Do not mail", show.yes_no(customer.do_not_mail)),
        ("Do not service", show.yes_no(customer.do_not_service)),
        ("National account", show.yes_no(customer.national_account)),
    ]
    return Facts(title="Terms", rows=rows)


def _contacts(customer: Customer) -> list[Panel]:
    contacts = list(CustomerContact.objects.filter(customer=customer.pk).defer("raw").order_by("pk")[:CONTACTS_SHOWN])
    rows = [
        (pages.link_to(c, c.type or "contact"), show.copyable(c.value), show.some(show.plain(c.memo)),
         show.yes_no(c.do_not_text), tables.condition(c))
        for c in contacts
    ]  # fmt: skip
    headers = ("Kind", "Value", "Memo", "Do not text", "State")
    return [Table(title="Contacts", headers=headers, rows=rows, count=str(len(contacts)), empty="No phone number, no e-mail.")]


@admin.register(CustomerContact)
class CustomerContactAdmin(MirroredAdmin):
    entity = "contacts"
    list_display = ("value_here", "type", "of_whom", "note", "condition")
    list_filter = (
        recent_choice("type", "Kind", CONTACT_TYPES),
        active_filter(),
        of("customer", "Customer", lambda rows, chosen: rows.filter(customer=tables.number(chosen))),
    )
    list_related = ("customer",)
    page_related = ("customer",)
    search_help_text = "id, phone number or e-mail, exactly"

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return finding.contacts(rows, term)

    @admin.display(description="contact")
    def value_here(self, contact: CustomerContact) -> str:
        return contact.value or f"contact {contact.pk}"

    @admin.display(description="customer")
    def of_whom(self, contact: CustomerContact) -> SafeString:
        return pages.link_over(contact, "customer")

    @admin.display(description="memo")
    def note(self, contact: CustomerContact) -> str:
        return show.short(contact.memo, 60) or show.DASH

    @admin.display(description="state")
    def condition(self, contact: CustomerContact) -> SafeString:
        return tables.condition(contact)

    def facts(self, request: HttpRequest, record: CustomerContact) -> list[Panel]:
        who = [
            ("Customer", pages.link_over(record, "customer")),
            ("Kind", show.some(record.type)),
            ("Value", show.copyable(record.value)),
            ("Memo", show.paragraphs(record.memo)),
            ("Do not text", show.yes_no(record.do_not_text)),
        ]
        wishes = [
            ("Job reminders", show.yes_no(record.job_reminders_enabled)),
            ("Marketing", show.yes_no(record.marketing_updates_enabled)),
            ("Invoices", show.yes_no(record.invoice_notification)),
            ("Statements", show.yes_no(record.statement_notification)),
        ]
        return [Facts(title="Contact", rows=who), Facts(title="Wishes to be told", rows=wishes)]
