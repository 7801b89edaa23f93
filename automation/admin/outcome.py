"""What a workflow brought in, against its control group; and moving who is inside on an older version to the newest."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from automation.management import telling
from automation.workflows import moving
from automation.workflows.models import Workflow
from automation.workflows.outcome import Arm, Outcome, outcome_of
from automation.workflows.outcome.report import money
from automation.workflows.stored import Unreadable
from config.backoffice import pages, show
from config.backoffice.asking import Question, ask
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.board import board
from config.backoffice.panels import Banner, Facts, Page, Panel, Table

TONES = {"more": show.GOOD, "less": show.BAD}


def page(admin: ReadOnlyAdmin, request: HttpRequest, workflow: Workflow) -> HttpResponse:
    title = f"What “{workflow}” brought in"
    try:
        found = outcome_of(workflow, timezone.now())
    except Unreadable as error:
        return board(admin, request, title, Page([], [Banner(str(error), show.BAD)]))
    panels: list[Panel] = [_said(workflow, found), _arms(found)]
    return board(admin, request, title, Page(panels, [Banner(found.sentence, TONES.get(found.verdict or "", show.INFO))]))


def _said(workflow: Workflow, found: Outcome) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Workflow", pages.link_to(workflow)),
        ("Counted", found.counted),
        ("Within", f"{found.window_days:.0f} days of entering"),
    ]
    for title, interval in (("More for each run", found.lift), ("Recovered in all", found.recovered)):
        if interval is not None:
            between = f"between {money(interval.low)} and {money(interval.high)} (95 %)"
            rows.append((title, show.lines([money(interval.point), show.quiet(between)])))
    rows.append(("To know", show.lines(list(found.notes))))
    return Facts(title="What was counted", rows=rows)


def _arms(found: Outcome) -> Panel:
    rows = [_arm("treated", found.treated), _arm("control group", found.control)]
    headers = ("Group", "Runs", "Customers", "With success", "Rate", "A run brought in")
    return Table(title="Both groups", headers=headers, rows=rows, numeric=frozenset(range(1, 6)))


def _arm(name: str, arm: Arm) -> tuple[str, ...]:
    return (name, f"{arm.runs:,}", f"{arm.customers:,}", f"{arm.successes:,}", f"{arm.rate:.1%}", money(arm.mean_revenue))


def move_question(_: Any, workflow: Workflow) -> Question:
    """The plan, before anybody is moved."""
    title = f"Move who is inside “{workflow}” to the newest version?"
    try:
        plan = moving.plan(workflow, timezone.now())
    except Unreadable as error:
        return Question(title, "", "Move them", str(error))
    said = "\n".join(line.strip() for line in telling.plan(plan))
    return Question(title, said, "Move them", "" if plan.moving else said)


def move(request: HttpRequest, workflow: Workflow) -> None:
    who = request.user.get_username()
    what = f"moving who is inside “{workflow}” to the newest version"
    ask(request, "automation.move", [workflow], what, workflow=workflow.pk, who=who)
