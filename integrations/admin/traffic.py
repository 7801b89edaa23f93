"""What comes in and goes out: events of GoHighLevel, calls to it, and the unit's tasks."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.calls import CallAdmin
from config.backoffice.deliveries import DeliveryAdmin
from config.backoffice.filters import choice
from config.backoffice.panels import Facts, Page, Panel
from config.backoffice.positions import few
from integrations.admin import words
from integrations.models import ApiCall, GhlDelivery, WebhookEvent

DONE = (("open", "waiting"), ("done", "looked at"))


def kind_of(event: WebhookEvent) -> str:
    return "contact" if event.type.startswith("Contact") else "opportunity"


def _narrow(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    return rows.filter(done_at__isnull=chosen == "open")


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """Only waiting ones have an index by time: so they are what the list shows first."""

    list_display = ("called", "received", "condition", "took", "record")
    list_filter = (choice("done", "State", DONE, narrow=_narrow, default="open"),)
    search_fields = ("webhook_id",)
    search_help_text = "GoHighLevel's id of the delivery"
    empty_list = "No event waits. If none ever comes, the webhooks of GoHighLevel do not point here: see the README."

    def get_ordering(self, request: HttpRequest) -> Any:
        """By what has an index: the waiting by time, all others by their id."""
        return ("-webhook_id",) if request.GET.get("done", "open") != "open" else ("-received_at",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        return (queryset.filter(pk=term) if term else queryset), False

    def list_notes(self, request: HttpRequest) -> list[Panel]:
        _, waiting = few(WebhookEvent.objects.filter(done_at__isnull=True))
        rows = [("Waiting", waiting), ("What an event is", "a hint: the hub reads the record itself, and believes that alone")]
        return [Facts(title="Events", rows=rows)]

    def title_of(self, record: Any) -> str:
        return str(record.type)

    @admin.display(description="event")
    def called(self, event: WebhookEvent) -> str:
        return event.type

    @admin.display(description="received")
    def received(self, event: WebhookEvent) -> SafeString:
        return show.moment(event.received_at)

    @admin.display(description="state")
    def condition(self, event: WebhookEvent) -> SafeString:
        return show.pill("looked at", show.GOOD) if event.done_at else show.pill("waiting", show.INFO)

    @admin.display(description="after")
    def took(self, event: WebhookEvent) -> str:
        return show.duration((event.done_at - event.received_at).total_seconds()) if event.done_at else show.DASH

    @admin.display(description="GoHighLevel")
    def record(self, event: WebhookEvent) -> SafeString:
        return words.ghl_link(kind_of(event), event.record_id or None, "open")

    def page(self, request: HttpRequest, record: WebhookEvent) -> Page:
        ours = words.MODELS[kind_of(record)]._default_manager.filter(ghl_id=record.record_id).only("pk").first()
        rows: list[tuple[str, Any]] = [
            ("Event", record.type),
            ("Received", show.moment(record.received_at)),
            ("Looked at", show.moment(record.done_at)),
            ("Our record", words.record_link(kind_of(record), ours.pk) if ours else "none: it is not one of ours"),
            ("GoHighLevel", words.ghl_link(kind_of(record), record.record_id or None)),
            ("Id of the delivery", show.copyable(record.webhook_id)),
        ]
        return Page([Facts(title="Event", rows=rows)], (), self.condition(record))


@admin.register(ApiCall)
class ApiCallAdmin(CallAdmin):
    apis = {"GHL_API_URL": "records and tokens"}


admin.site.register(GhlDelivery, DeliveryAdmin)
