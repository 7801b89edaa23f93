"""Simulations: what the last days would have been with a workflow, before it is switched on."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString

from automation.admin import words
from automation.workflows.models import Simulation
from config.backoffice import pages, show
from config.backoffice.asking import Question, ask
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.panels import Banner, Facts, Page, Panel, Table

DAYS = 30
TONES = {Simulation.State.RUNNING: show.INFO, Simulation.State.DONE: show.GOOD, Simulation.State.FAILED: show.BAD}
COUNTERS = (
    ("sent", "Messages, by template"), ("held", "Held, and sent later or never"), ("dropped", "Not sent"),
    ("kept_out", "Kept out"), ("ended", "How it ended"), ("collisions", "The same people got within a day"),
)  # fmt: skip
MESSAGES_SHOWN = 100


def question(_: Any, workflow: Any) -> Question:
    text = (
        f"Replays the last {DAYS} days of the mirror through the newest version, with the clock of then: who would have entered, "
        "which messages, when and to whom, and what would have been held by which rule. Nothing is sent, and nobody enters."
    )
    return Question(f"Simulate “{workflow}”?", text, "Simulate")


def start(request: HttpRequest, workflow: Any) -> str | None:
    newest = workflow.versions.order_by("-number").first()
    who, what = request.user.get_username(), f"a simulation of {workflow}"
    if newest is None or not ask(request, "automation.simulate", [workflow], what, version=newest.pk, days=DAYS, who=who):
        return None
    return pages.list_of(Simulation)


@admin.register(Simulation)
class SimulationAdmin(ReadOnlyAdmin):
    list_display = ("called", "condition", "span", "entered", "sent", "asked")
    ordering = ("-id",)
    empty_list = "None yet: “Simulate” on a workflow's page asks for one."

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("version__workflow")

    def one(self) -> Any:
        return Simulation.objects.select_related("version__workflow")

    def title_of(self, record: Any) -> str:
        return f"Simulation of {record.version.workflow}"

    @admin.display(description="workflow")
    def called(self, row: Any) -> SafeString:
        return show.lines([str(row.version.workflow), show.quiet(f"version {row.version.number}")])

    @admin.display(description="state")
    def condition(self, row: Simulation) -> SafeString:
        return show.pill(row.state, TONES[Simulation.State(row.state)])

    @admin.display(description="of")
    def span(self, row: Simulation) -> str:
        first, last = timezone.localtime(row.since), timezone.localtime(row.until)
        return f"{first:%b} {first.day} to {last:%b} {last.day}"

    @admin.display(description="would have entered")
    def entered(self, row: Simulation) -> Any:
        return show.number((row.report or {}).get("entered"))

    @admin.display(description="messages")
    def sent(self, row: Simulation) -> Any:
        return show.number(sum((row.report or {}).get("sent", {}).values()))

    @admin.display(description="asked for")
    def asked(self, row: Simulation) -> SafeString:
        return show.lines([show.moment(row.asked_at), show.quiet(row.asked_by)])

    def page(self, request: HttpRequest, record: Any) -> Page:
        report = record.report or {}
        banners = [Banner(record.error, show.BAD)] if record.error else []
        if record.state == Simulation.State.RUNNING:
            banners.append(Banner("It is being worked out: open this page again in a moment.", show.INFO))
        panels: list[Panel] = [_facts(record, report)]
        panels += [_counts(title, report[name]) for name, title in COUNTERS if report.get(name)]
        if report.get("messages"):
            panels.append(_messages(report["messages"]))
        return Page(panels, banners, show.pill(record.state, TONES[Simulation.State(record.state)]))


def _facts(record: Any, report: dict[str, Any]) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Workflow", pages.link_to(record.version.workflow)), ("Version", record.version.number),
        ("From", show.moment(record.since)), ("To", show.moment(record.until)),
        ("Events", show.number(report.get("events"))), ("Loaded with their past unknown", show.number(report.get("loaded"))),
        ("Would have entered", show.number(report.get("entered"))), ("Control group", show.number(report.get("control"))),
        ("Still inside at the end", show.number(report.get("inside"))), ("People written to", show.number(report.get("people"))),
        ("Parts of text messages", show.number(report.get("segments"))), ("Cost", show.some(report.get("cost"))),
        ("Asked for by", show.some(record.asked_by)), ("Done", show.moment(record.ended_at)),
    ]  # fmt: skip
    return Facts(title="What would have been", rows=rows)


def _counts(title: str, counted: dict[str, int]) -> Panel:
    rows = [(what, f"{count:,}") for what, count in list(counted.items())[:50]]
    return Table(title=title, headers=("What", "How often"), rows=rows, numeric=frozenset({1}))


def _messages(messages: list[dict[str, Any]]) -> Panel:
    rows = [
        (show.moment(parse_datetime(one["at"])), one["kind"], one["template"], words.customer_link(one["customer_id"]),
         show.short(one["body"], 160))
        for one in messages[:MESSAGES_SHOWN]
    ]  # fmt: skip
    note = f"The first {MESSAGES_SHOWN} are shown." if len(messages) > MESSAGES_SHOWN else ""
    return Table(title="Messages, one by one", headers=("When", "Kind", "Template", "To", "Text"), rows=rows, note=note)
