"""Estimates as opportunities."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.panels import Facts, Panel
from integrations.admin import places, words
from integrations.admin.log import number
from integrations.admin.records import PushedAdmin
from integrations.models import Contact, Opportunity, StageRule
from servicetitan.models import Customer, Estimate

HEADERS = ("Opportunity", "State", "Stage", "Status", "Value", "Estimate", "GoHighLevel")
STATUS_TONES = {"open": show.INFO, "won": show.GOOD, "lost": show.PLAIN, "abandoned": show.PLAIN}


def status(row: Opportunity) -> SafeString:
    return show.pill(row.status, STATUS_TONES.get(row.status, show.PLAIN)) if row.status else show.NOTHING


def stage(row: Opportunity, known: places.Places) -> Any:
    """Where we last put it; a card that people moved is marked."""
    text = show.some(known.both(row.pipeline_id, row.stage_id))
    return show.format_inline(text, show.pill("moved by a person", show.INFO)) if row.moved_by_human else text


def cells(row: Opportunity, known: places.Places) -> tuple[Any, ...]:
    """As a row of another record's page."""
    return (
        pages.link_to(row, row.name or f"opportunity {row.pk}"), words.condition(row), stage(row, known), status(row),
        show.money(row.value), words.estimate_link(row.st_estimate_id or row.slot or None),
        words.ghl_link("opportunity", None if row.gone_at else row.ghl_id, "open"),
    )  # fmt: skip


@admin.register(Opportunity)
class OpportunityAdmin(PushedAdmin):
    kind = "opportunity"
    list_display = ("called", "customer", "condition", "why", "where", "sum", "there", "sent_last")
    search_fields = ("st_estimate_id",)
    search_help_text = "id of the estimate or the customer, or GoHighLevel's id"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        names = Customer.objects.filter(pk=OuterRef("st_customer_id")).values("name")[:1]
        rows: QuerySet[Any] = super().get_queryset(request).annotate(customer_name=Subquery(names))
        return rows

    @admin.display(description="stage")
    def where(self, row: Opportunity) -> Any:
        return show.lines([stage(row, places.known()), status(row)]) if row.stage_id else show.NOTHING

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        found, id = Q(ghl_id=term), number(term)
        return queryset.filter(found | Q(pk=id) | Q(st_estimate_id=id) | Q(st_customer_id=id)), False

    def title_of(self, record: Any) -> str:
        return record.name or f"opportunity {record.pk}"

    @admin.display(description="opportunity")
    def called(self, row: Opportunity) -> str:
        return show.short(row.name, 50) or f"opportunity {row.pk}"

    @admin.display(description="in ServiceTitan")
    def customer(self, row: Any) -> SafeString:
        estimate = words.estimate_link(row.st_estimate_id or row.slot or None)
        return show.lines([words.customer_link(row.st_customer_id, row.customer_name), estimate])

    @admin.display(description="value")
    def sum(self, row: Opportunity) -> SafeString | str:
        return show.money(row.value)

    def who(self, row: Opportunity, known: places.Places) -> Panel:
        estimate_id = row.st_estimate_id or row.slot or None
        customer = Customer.objects.filter(pk=row.st_customer_id).only("name").first()
        estimate = Estimate.objects.filter(pk=estimate_id).only("name", "status").first() if estimate_id else None
        contact = Contact.objects.filter(pk=row.st_customer_id).only("st_customer_id", "name").first()
        happened = StageRule.Happened(row.happened).label if row.happened in StageRule.Happened.values else row.happened
        rows: list[tuple[str, Any]] = [
            ("Customer", words.customer_link(row.st_customer_id, (customer and customer.name) or "")),
            ("Contact", pages.link_to(contact, contact.name or "contact") if contact else show.NOTHING),
            ("Estimate", words.estimate_link(estimate_id, (estimate and estimate.name) or "")),
            ("Estimate's status", show.some(estimate and (estimate.status or "").lower())),
            ("What happened", show.some(happened)),
            ("At GoHighLevel", words.ghl_link(self.kind, None if row.gone_at else row.ghl_id)),
            ("GoHighLevel's id", show.copyable(row.ghl_id)),
            ("Stage", stage(row, known)),
            ("Status", status(row)),
            ("Value", show.money(row.value)),
        ]
        return Facts(title="Opportunity", rows=rows)
