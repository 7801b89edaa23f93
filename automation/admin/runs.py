"""Who is or was in which workflow."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from automation.admin import run_page, words
from automation.admin.narrowing import by_workflow, of_record
from automation.workflows import wording
from automation.workflows.entities import ENTITIES
from automation.workflows.models import Run
from config.backoffice import show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import of, recent_choice
from config.backoffice.panels import Page
from config.backoffice.positions import LOG_WINDOW

MOST_FOUND = 500


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ("called", "of_workflow", "record", "condition", "place", "started", "due")
    list_filter = (
        by_workflow(),
        recent_choice("state", "State", words.STATE_CHOICES, rows=LOG_WINDOW),
        recent_choice("group", "Group", words.GROUP_CHOICES, rows=LOG_WINDOW),
        of("customer", "Customer", lambda rows, chosen: rows.filter(customer_id=words.number(chosen))),
        of_record(),
    )
    ordering = ("-id",)
    search_fields = ("entity_id",)
    search_help_text = "the id of a customer, estimate, job, appointment or invoice"
    empty_list = "Nobody has entered a workflow yet. Is one switched on?"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("workflow", "version")

    def one(self) -> QuerySet[Any]:
        return Run.objects.select_related("workflow", "version", "event")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By the two indexes there are; both at once would be none's."""
        term = search_term.strip()
        if not term:
            return queryset, False
        id = words.number(term)
        found: set[int] = set()
        for which in ({"entity__in": list(ENTITIES), "entity_id": id}, {"customer_id": id}):
            found |= set(Run.objects.filter(**which).order_by("-pk").values_list("pk", flat=True)[:MOST_FOUND])
        return queryset.filter(pk__in=found), False

    def title_of(self, record: Any) -> str:
        return f"Run {record.pk}: {record.workflow}"

    def page(self, request: HttpRequest, record: Any) -> Page:
        return run_page.page(request, record)

    @admin.display(description="run")
    def called(self, run: Run) -> str:
        return str(run.pk)

    @admin.display(description="workflow")
    def of_workflow(self, run: Run) -> SafeString:
        return show.lines([str(run.workflow), show.quiet(f"version {run.version.number}")])

    @admin.display(description="record")
    def record(self, run: Run) -> SafeString:
        record = show.whole(words.record_link(run.entity, run.entity_id))
        about_another = run.customer_id and run.entity != "customer"
        return show.lines([record, show.whole(words.customer_link(run.customer_id))]) if about_another else record

    @admin.display(description="state")
    def condition(self, run: Run) -> SafeString:
        mark = show.pill("control group", show.WARNING) if run.group == Run.Group.CONTROL else ""
        return show.format_inline(words.state_pill(run.state), mark)

    @admin.display(description="where it is, or why it ended")
    def place(self, run: Run) -> str:
        return where(run)

    @admin.display(description="entered")
    def started(self, run: Run) -> SafeString:
        return show.moment(run.started_at)

    @admin.display(description="goes on")
    def due(self, run: Run) -> SafeString:
        return show.moment(run.due_at)


def where(run: Run) -> str:
    """For one that has ended, why. `run` has its version."""
    definition = words.definition(run.version) if run.state == Run.State.ACTIVE else None
    if definition is None:
        return show.short(run.reason, 110) or show.DASH
    return show.short(wording.where(definition, run.step), 110)
