"""Which value goes into which field: people's own, and shown on a real customer before it is used."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from config.backoffice import operators, pages, show
from config.backoffice.base import HubAdmin
from config.backoffice.panels import Panel, Table
from config.feed.wanted import Skip
from salesforce.admin.log import number
from salesforce.admin.mapping_form import MappingForm, fields_by_object
from salesforce.mapping.records import Mapping, problem_of, wanted_records
from salesforce.mapping.sources import SOURCES
from salesforce.models import FieldMapping
from servicetitan.models import Customer

operators.may(*(f"salesforce.{verb}_fieldmapping" for verb in ("add", "change", "delete")))
APPLY = "Customers follow when they change next, or at once with “Look at everything again” on the page Runs."
PREVIEW = "preview"


@admin.register(FieldMapping)
class FieldMappingAdmin(HubAdmin):
    form = MappingForm
    list_display = ("called", "target_field", "empty", "fits")
    ordering = ("sobject", "id")
    actions = None
    fieldsets = ((None, {"fields": ("source", "place", "when_empty", "enabled")}),)
    empty_list = "No line yet. The first run suggests the usual ones; the key field is filled in by itself."

    def list_notes(self, request: HttpRequest) -> list[Panel]:
        return _preview(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The customer to preview is no filter of the list."""
        query: Any = request.GET.copy()
        chosen = query.pop(PREVIEW, [""])[-1]
        request.GET = query
        request.hub_preview = chosen  # type: ignore[attr-defined] # ours, for `_preview`
        return super().changelist_view(request, extra_context)

    def title_of(self, record: Any) -> str:
        return f"{record.sobject}.{record.target}"

    @admin.display(description="what")
    def called(self, row: FieldMapping) -> str:
        source = SOURCES.get(row.source)
        return source.label if source else row.source

    @admin.display(description="into the field")
    def target_field(self, row: FieldMapping) -> str:
        return f"{row.sobject}.{row.target}"

    @admin.display(description="without a value")
    def empty(self, row: FieldMapping) -> str:
        return str(FieldMapping.Empty(row.when_empty).label)

    @admin.display(description="state")
    def fits(self, row: FieldMapping) -> SafeString:
        if not row.enabled:
            return show.pill("not in use", show.PLAIN)
        described = fields_by_object().get(row.sobject)
        if described is not None and (problem := problem_of(row, described)):
            return show.pill(problem, show.BAD)
        return show.pill("suggested", show.INFO) if row.suggested else show.pill("in use", show.GOOD)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        messages.info(request, APPLY)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        messages.info(request, APPLY)
        return super().response_change(request, obj)


def _preview(request: HttpRequest) -> list[Panel]:
    """What the mapping makes of a customer: one that was asked for, or the newest."""
    chosen = number(getattr(request, "hub_preview", ""))
    customer = Customer.objects.filter(pk=chosen).only("id", "name").first() if chosen >= 0 else None
    customer = customer or Customer.objects.order_by("-pk").only("id", "name").first()
    described = fields_by_object()
    if customer is None or not described:
        return []
    rows = list(FieldMapping.objects.filter(enabled=True))
    cells: list[tuple[Any, ...]] = []
    for sobject, fields in described.items():
        outcome = wanted_records(Mapping(sobject, rows, fields), [customer.pk], [], timezone.now())[customer.pk]
        if isinstance(outcome, Skip):
            cells.append((sobject, "", outcome.reason))
            continue
        cells += [(sobject, name, show.NOTHING if value is None else str(value)) for name, value in outcome.values.items()]
        cells += [(sobject, "", show.pill(note, show.WARNING)) for note in outcome.notes]
    note = f"Another one: add ?{PREVIEW}= and a customer's number to this page's address."
    title = f"What becomes of {customer.name or f'customer {customer.pk}'}"
    following = Customer.objects.filter(pk__lt=customer.pk).order_by("-pk").values_list("pk", flat=True).first()
    more = ("The next customer", pages.list_of(FieldMapping, **{PREVIEW: following})) if following else None
    return [Table(title=title, headers=("Object", "Field", "Value"), rows=cells, note=note, more=more)]
