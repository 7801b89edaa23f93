"""The page of one workflow: when it begins, what it does, who is where, and its versions."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from automation.admin import counts, editor, versions, words
from automation.admin.counts import Inside
from automation.workflows import tracing, wording
from automation.workflows.definitions import Definition
from automation.workflows.models import Run, Trace, Version, Workflow
from config.backoffice import pages, show
from config.backoffice.navigation import may_see
from config.backoffice.panels import Banner, Facts, Page, Panel, Table
from config.backoffice.positions import WINDOW, window_start

RUNS_SHOWN, VERSIONS_SHOWN = 10, 20
COLUMNS = (tracing.ENTERED, tracing.KEPT_OUT, tracing.SENT, tracing.NOT_SENT, tracing.ENDED, tracing.FAILED)
RESTS = ("wait", "until", "hear")


def page(request: HttpRequest, workflow: Workflow) -> Page:
    now = timezone.now()
    newest = versions.newest(workflow)
    definition = words.definition(newest)
    inside = counts.inside(now)
    panels: list[Panel] = []
    if definition is not None and newest is not None:
        panels += [_begins(definition), _rules(definition), _steps(newest, definition, inside)]
    panels += [_now(workflow, inside, now), _versions(workflow, inside), *last_days(now, workflow)]
    if may_see(request, Run):
        panels.append(_runs(workflow))
    return Page(panels, _banners(workflow, definition, inside), _lead(request, workflow))


def _lead(request: HttpRequest, workflow: Workflow) -> SafeString:
    edit = _button("edit", workflow, "Edit") if request.user.has_perm(editor.CHANGE) else ""
    return show.format_inline(words.on_off(workflow.enabled), edit, _button("outcome", workflow, "What it brought in"),
                              _button("export", workflow, "Export as JSON"))  # fmt: skip


def _button(name: str, workflow: Workflow, text: str) -> SafeString:
    return format_html('<a class="hub-button" href="{}">{}</a>', reverse(f"admin:automation_workflow_{name}",
                                                                        args=[workflow.pk]), text)  # fmt: skip


def _banners(workflow: Workflow, definition: Definition | None, inside: Inside) -> list[Banner]:
    if definition is None:
        return [Banner(words.UNREADABLE, show.BAD)]
    if not workflow.enabled and inside.of(workflow.pk):
        return [Banner("It is off: nobody enters, and who is inside waits where he is.", show.WARNING)]
    return []


def _begins(definition: Definition) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Begins when", wording.sentence(wording.event(definition.event, definition.days))),
        ("And", show.lines(list(wording.condition_lines(definition.entry)))),
        ("Goal", show.lines(list(wording.condition_lines(definition.goal))) if definition.goal else
         show.quiet("none: everybody goes through all steps")),
    ]  # fmt: skip
    return Facts(title="Who enters", rows=rows)


def _rules(definition: Definition) -> Panel:
    return Facts(title="Rules", rows=wording.rules(definition))


def _steps(version: Version, definition: Definition, inside: Inside) -> Panel:
    """Who waits stands behind the step that makes him wait."""
    rows = []
    for line in wording.outline(definition.program):
        waits = line.op is not None and definition.program[line.op].kind in RESTS
        here = inside.written(inside.at_step(version.pk, (line.op or 0) + 1)) if waits else ""
        rows.append((line.name, indented(line.depth, line.text), here))
    headers = ("Step", f"What version {version.number} does", "Wait here")
    return Table(title="Steps", headers=headers, rows=rows, numeric=frozenset({2}))


def indented(depth: int, text: Any) -> SafeString:
    return format_html('<span class="hub-step" style="--depth: {}">{}</span>', depth, text)


def _now(workflow: Workflow, inside: Inside, now: datetime) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Name", show.copyable(workflow.name)),
        ("Inside", inside.written(inside.of(workflow.pk))),
        ("Due now", inside.written(inside.due.get(workflow.pk, 0))),
        ("Last entered", show.moment(counts.last_entered().get(workflow.pk), now)),
        ("Made", show.moment(workflow.made_at, now)),
        ("By", show.some(workflow.made_by)),
    ]
    return Facts(title="Now", rows=rows)


def _versions(workflow: Workflow, inside: Inside) -> Panel:
    found = list(Version.objects.filter(workflow=workflow).defer("content").order_by("-number")[: VERSIONS_SHOWN + 1])
    rows = [
        (show.link(versions.url("versions", workflow, number=v.number), f"version {v.number}"), show.moment(v.made_at),
         show.some(v.made_by), inside.written(inside.of_version(v.pk)), _compare(workflow, v))
        for v in found[:VERSIONS_SHOWN]
    ]  # fmt: skip
    note = "Only the newest are shown." if len(found) > VERSIONS_SHOWN else ""
    headers = ("Version", "Made", "By", "Inside", "")
    return Table(title="Versions", headers=headers, rows=rows, numeric=frozenset({3}), note=note, empty="None.")


def _compare(workflow: Workflow, version: Version) -> SafeString | str:
    if version.number < 2:
        return ""
    url = versions.url("diff", workflow, old=version.number - 1, new=version.number)
    return show.link(url, f"what changed since version {version.number - 1}")


def _runs(workflow: Workflow) -> Panel:
    start = window_start(Run.objects.order_by("-pk"), "pk", WINDOW)
    found = list(Run.objects.filter(workflow=workflow, pk__gte=start).order_by("-pk")[:RUNS_SHOWN])
    rows = [
        (pages.link_to(run, f"run {run.pk}"), words.record_link(run.entity, run.entity_id), words.state_pill(run.state),
         show.moment(run.started_at), show.moment(run.due_at), run.reason or show.NOTHING)
        for run in found
    ]  # fmt: skip
    headers = ("Run", "Record", "State", "Entered", "Goes on", "Why it ended")
    more = ("All runs", pages.list_of(Run, workflow=workflow.pk)) if found else None
    return Table(title="Newest runs", headers=headers, rows=rows, more=more, empty="Nobody has entered yet.")


def last_days(now: datetime, workflow: Workflow | None = None) -> list[Panel]:
    """What was decided on each day; nothing where nothing was."""
    found = counts.by_day(now)
    rows = [row for row in _day_rows(found, workflow.pk if workflow else None) if any(row[1:])]
    if not rows:
        return []
    written = [(row[0], *(f"{count:,}" if count else show.DASH for count in row[1:])) for row in reversed(rows)]
    note = "Further back there are more decisions than are counted here." if len(found.days()) < counts.DAYS else ""
    title = "Days" if workflow else "All workflows, by day"
    more = ("All decisions", pages.list_of(Trace, **({"workflow": workflow.pk} if workflow else {})))
    headers = ("Day", *(wording.sentence(what) for what in COLUMNS))
    return [Table(title=title, headers=headers, rows=written, numeric=frozenset(range(1, 7)), note=note, more=more,
                  folded=workflow is None)]  # fmt: skip


def _day_rows(found: counts.Days, workflow_id: int | None) -> Iterator[tuple[Any, ...]]:
    for day in found.days():
        yield (f"{day:%a, %b} {day.day}", *(found.on(day, what, workflow_id) for what in COLUMNS))
