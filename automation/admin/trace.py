"""Every decision of every workflow, with the data as it was then."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.safestring import SafeString

from automation.admin import why, words
from automation.admin.narrowing import by_workflow, of_record
from automation.workflows import wording
from automation.workflows.entities import ENTITIES
from automation.workflows.models import Trace
from config.backoffice import pages, show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.board import board
from config.backoffice.filters import days, recent_choice
from config.backoffice.panels import Facts, Page, Text
from config.backoffice.positions import LOG_WINDOW, within


@admin.register(Trace)
class TraceAdmin(ReadOnlyAdmin):
    list_display = ("when", "what_pill", "record", "of_workflow", "of_step", "because", "of_run")
    list_filter = (
        by_workflow(),
        recent_choice("what", "Decision", [(what, what) for what in words.WHATS], rows=LOG_WINDOW),
        days("Days", within("at")),
        of_record(),
    )
    ordering = ("-id",)
    search_fields = ("entity_id",)
    search_help_text = "the id of a customer, estimate, job, appointment or invoice"
    empty_list = "Nothing has been decided yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("workflow").defer("data")

    def one(self) -> QuerySet[Any]:
        return Trace.objects.select_related("workflow")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(entity__in=list(ENTITIES), entity_id=words.number(term)), False

    def get_urls(self) -> list[Any]:
        return [path("why/", self.admin_site.admin_view(self.about), name="automation_trace_why"), *super().get_urls()]

    def about(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return board(self, request, "Why and why not", why.page(request))

    def title_of(self, record: Any) -> str:
        return f"{wording.sentence(record.what)}: {record.entity} {record.entity_id}"

    def page(self, request: HttpRequest, record: Trace) -> Page:
        about = f"{record.entity}:{record.entity_id}"
        rows: list[tuple[str, Any]] = [
            ("When", show.moment(record.at)),
            ("Workflow", pages.link_to(record.workflow)),
            ("Record", words.record_link(record.entity, record.entity_id)),
            ("Customer", words.customer_link(record.customer_id)),
            ("Why", show.some(record.why)),
            ("Step", show.some(record.step)),
            ("Run", words.run_link(record.run_id)),
            ("What else was decided", show.link(why.url(about), f"about {record.entity} {record.entity_id}")),
        ]
        panels = [Facts(title="Decision", rows=rows), Text(title="Data then", content=show.pretty(record.data), wide=False)]
        return Page(panels, (), words.what_pill(record.what))

    @admin.display(description="when")
    def when(self, one: Trace) -> SafeString:
        return show.moment(one.at)

    @admin.display(description="decision")
    def what_pill(self, one: Trace) -> SafeString:
        return words.what_pill(one.what)

    @admin.display(description="record")
    def record(self, one: Trace) -> SafeString | str:
        return words.record_link(one.entity, one.entity_id)

    @admin.display(description="workflow")
    def of_workflow(self, one: Trace) -> str:
        return str(one.workflow)

    @admin.display(description="step")
    def of_step(self, one: Trace) -> str:
        return one.step or show.DASH

    @admin.display(description="why")
    def because(self, one: Trace) -> str:
        return show.short(one.why, 110) or show.DASH

    @admin.display(description="run")
    def of_run(self, one: Trace) -> SafeString:
        return words.run_link(one.run_id)
