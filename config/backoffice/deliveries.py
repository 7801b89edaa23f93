"""What became of a unit's tasks. A unit registers the page with its own model."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import choice
from config.backoffice.panels import Banner, Facts, Page, Panel, Table, Text
from config.jobs.deliveries import TaskDelivery

State = TaskDelivery.State
TONES = {State.RUNNING: show.INFO, State.DONE: show.GOOD, State.FAILED: show.BAD, State.DEAD: show.BAD}
FRESH = timedelta(days=7)
FAILURES_SHOWN = 10


class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("called", "condition", "given", "by_schedule", "started", "took", "tries", "trouble")
    list_filter = (choice("state", "State", [(str(state.value), str(state.label).lower()) for state in State]),)
    empty_list = "No task has been taken up yet. Is the unit's worker running?"

    ordering = ("-started_at", "-id")

    def list_notes(self, request: HttpRequest) -> list[Panel]:
        """The failures of the last days first: they are why people come here."""
        bad = self.model._default_manager.filter(state__in=[State.FAILED, State.DEAD], started_at__gt=Now() - FRESH)
        found = list(bad.order_by("-started_at")[:FAILURES_SHOWN])
        rows = [
            (pages.link_to(d, d.task), self.condition(d), self.given(d), show.moment(d.started_at), self.trouble(d))
            for d in found
        ]
        headers = ("Task", "State", "Arguments", "Started", "Error")
        return [Table(title="Failed in the last seven days", headers=headers, rows=rows)] if rows else []

    @admin.display(description="task")
    def called(self, delivery: TaskDelivery) -> str:
        return delivery.task

    @admin.display(description="state")
    def condition(self, delivery: TaskDelivery) -> SafeString:
        return show.pill(str(State(delivery.state).label).lower(), TONES[State(delivery.state)])

    @admin.display(description="arguments")
    def given(self, delivery: TaskDelivery) -> str:
        found = {k: v for k, v in (delivery.arguments or {}).items() if v not in ([], None, "")}
        return show.short(", ".join(f"{name} = {value}" for name, value in found.items()), 70) or show.DASH

    @admin.display(description="schedule")
    def by_schedule(self, delivery: TaskDelivery) -> str:
        return delivery.schedule or "asked for"

    @admin.display(description="started")
    def started(self, delivery: TaskDelivery) -> SafeString:
        return show.moment(delivery.started_at)

    @admin.display(description="took")
    def took(self, delivery: TaskDelivery) -> str:
        if delivery.finished_at is None:
            return show.DASH
        return show.duration((delivery.finished_at - delivery.started_at).total_seconds())

    @admin.display(description="tries")
    def tries(self, delivery: TaskDelivery) -> int:
        return delivery.deliveries

    @admin.display(description="error")
    def trouble(self, delivery: TaskDelivery) -> str:
        return show.short(delivery.error, 80) or show.DASH

    def page(self, request: HttpRequest, record: TaskDelivery) -> Page:
        rows: list[tuple[str, Any]] = [
            ("Task", record.task),
            ("Asked for by", self.by_schedule(record)),
            ("Due", show.moment(record.due_at)),
            ("Started", show.moment(record.started_at)),
            ("Finished", show.moment(record.finished_at)),
            ("Took", self.took(record)),
            ("Tries", record.deliveries),
            ("Worker", show.copyable(record.worker)),
            ("Number", show.copyable(record.pk)),
            ("Correlation id", show.copyable(record.correlation_id)),
        ]
        panels = [Facts(title="Task", rows=rows), Text(title="Arguments", content=show.pretty(record.arguments), wide=False)]
        return Page(panels, [Banner(record.error, show.BAD)] if record.error else [], self.condition(record))
