"""Customers as contacts."""

import re
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.safestring import SafeString

from config.backoffice import show
from config.backoffice.navigation import may_see
from config.backoffice.panels import Facts, Panel, Table
from integrations.admin import conflicts, words
from integrations.admin.log import number
from integrations.admin.opportunities import HEADERS, cells
from integrations.admin.places import Places
from integrations.admin.records import PushedAdmin
from integrations.models import Contact, Opportunity
from servicetitan.models import Customer

CARDS_SHOWN = 50


def phones(term: str) -> list[str]:
    """A number as people write it, as contacts have it: E.164, with America's code where none is given."""
    digits = re.sub(r"\D", "", term)
    return [f"+{digits}", f"+1{digits}"] if digits else []


@admin.register(Contact)
class ContactAdmin(PushedAdmin):
    kind = "contact"
    list_display = ("called", "condition", "why", "there", "customer", "reach", "sent_last")
    search_fields = ("st_customer_id",)
    search_help_text = "customer's id, GoHighLevel's id, phone or e-mail, exactly"

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.conflicts)
        return [path("conflicts/", view, name="integrations_contact_conflicts"), *super().get_urls()]

    def conflicts(self, request: HttpRequest) -> HttpResponse:
        return conflicts.view(self, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the customer's name, which a contact that was never sent does not have."""
        names = Customer.objects.filter(pk=OuterRef("pk")).values("name")[:1]
        rows: QuerySet[Any] = super().get_queryset(request).annotate(customer_name=Subquery(names))
        return rows

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        return (find(queryset, term) if term else queryset), False

    def title_of(self, record: Any) -> str:
        return record.name or f"contact {record.pk}"

    @admin.display(description="contact")
    def called(self, row: Any) -> str:
        return row.name or row.customer_name or f"contact {row.pk}"

    @admin.display(description="in ServiceTitan")
    def customer(self, row: Contact) -> SafeString:
        return words.customer_link(row.pk)

    @admin.display(description="sent as")
    def reach(self, row: Contact) -> SafeString | str:
        return show.lines([part for part in (row.email, row.phone) if part])

    def who(self, row: Contact, known: Places) -> Panel:
        rows: list[tuple[str, Any]] = [
            ("Customer", words.customer_link(row.pk, row.name)),
            ("At GoHighLevel", words.ghl_link(self.kind, None if row.gone_at else row.ghl_id)),
            ("GoHighLevel's id", show.copyable(row.ghl_id)),
            ("E-mail", show.copyable(row.email)),
            ("Phone", show.copyable(row.phone)),
            ("Do not disturb", disturb(row)),
        ]
        return Facts(title="Contact", rows=rows)

    def more(self, request: HttpRequest, row: Contact, known: Places) -> list[Panel]:
        if not may_see(request, Opportunity):
            return []
        cards = list(Opportunity.objects.filter(st_customer_id=row.pk).defer("sent", "remote").order_by("-slot")[:CARDS_SHOWN])
        return [Table(title="Opportunities", headers=HEADERS, rows=[cells(card, known) for card in cards],
                      numeric=frozenset({4}), count=str(len(cards)), empty="None.")]  # fmt: skip


def find(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """Only what an index finds."""
    if "@" in term:
        return rows.filter(email=term.lower())
    found = Q(ghl_id=term) | Q(phone__in=phones(term))
    return rows.filter(found | Q(pk=number(term)))


def disturb(row: Contact) -> SafeString | str:
    """DND as GoHighLevel has it: of all channels, or of some."""
    if row.dnd:
        return show.pill("all channels off", show.WARNING)
    off = [channel for channel, state in (row.dnd_settings or {}).items() if state in ("active", "permanent")]
    if off:
        return show.pill(f"off: {', '.join(sorted(off))}", show.WARNING)
    return "no" if row.dnd is False or row.dnd_settings is not None else show.NOTHING
