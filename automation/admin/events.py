"""What happened in the mirror, as the engine noted it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from automation.admin import why, words
from automation.admin.narrowing import of_record
from automation.workflows import wording
from automation.workflows.entities import ENTITIES
from automation.workflows.events import KINDS
from automation.workflows.models import Event, Run
from config.backoffice import pages, show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import choice, recent_choice
from config.backoffice.panels import Facts, Page, Panel, Table, Text
from config.backoffice.positions import LOG_WINDOW

RUNS_SHOWN = 20
KIND_CHOICES = [(kind, wording.event(kind)) for kind in sorted(KINDS)]
OPEN = (("open", "not decided yet"),)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("called", "record", "customer", "happened", "decided")
    list_filter = (
        recent_choice("kind", "Kind", KIND_CHOICES, rows=LOG_WINDOW),
        choice("open", "Decided", OPEN, narrow=lambda rows, chosen: rows.filter(handled_at__isnull=True)),
        of_record(),
    )
    ordering = ("-id",)
    search_fields = ("entity_id",)
    search_help_text = "the id of a customer, estimate, job, appointment or invoice"
    empty_list = "Nothing has happened yet. Events come from the mirror, from the first run of the workflows on."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("data")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(entity__in=list(ENTITIES), entity_id=words.number(term)), False

    def title_of(self, record: Any) -> str:
        return f"{wording.sentence(wording.event(record.kind))}: {record.entity} {record.entity_id}"

    def page(self, request: HttpRequest, record: Event) -> Page:
        about = f"{record.entity}:{record.entity_id}"
        rows: list[tuple[str, Any]] = [
            ("Kind", show.code(record.kind)),
            ("Record", words.record_link(record.entity, record.entity_id)),
            ("Customer", words.customer_link(record.customer_id)),
            ("Happened", show.moment(record.happened_at)),
            ("Correlation id", show.copyable(record.correlation_id)),
            ("Noted", show.moment(record.noted_at)),
            ("Decided about", show.moment(record.handled_at)),
            ("What was decided", show.link(why.url(about), f"about {record.entity} {record.entity_id}")),
        ]
        panels = [
            Facts(title="Event", rows=rows),
            Text(title="Data then", content=show.pretty(record.data), wide=False),
            _runs(record),
        ]
        lead = show.pill("decided", show.GOOD) if record.handled_at else self.decided(record)
        return Page(panels, (), lead)

    @admin.display(description="what happened")
    def called(self, event: Event) -> str:
        return wording.sentence(wording.event(event.kind))

    @admin.display(description="record")
    def record(self, event: Event) -> SafeString | str:
        return words.record_link(event.entity, event.entity_id)

    @admin.display(description="customer")
    def customer(self, event: Event) -> SafeString:
        return words.customer_link(event.customer_id)

    @admin.display(description="happened")
    def happened(self, event: Event) -> SafeString:
        return show.moment(event.happened_at)

    @admin.display(description="decided about")
    def decided(self, event: Event) -> SafeString:
        return show.moment(event.handled_at) if event.handled_at else show.pill("not decided yet", show.WARNING)


def _runs(event: Event) -> Panel:
    """The constraint that lets an event make only one run of a workflow is the index."""
    found = Run.objects.filter(event=event).select_related("workflow").order_by("workflow_id")[:RUNS_SHOWN]
    rows = [
        (words.run_link(run.pk), pages.link_to(run.workflow), words.state_pill(run.state), run.reason or show.NOTHING)
        for run in found
    ]
    return Table(title="Who entered by it", headers=("Run", "Workflow", "State", "Why it ended"), rows=rows, empty="Nobody.")
