"""The page of one run: where it is, every decision with the data as it was then, and what it asked to be sent."""

from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from automation.admin import why, words
from automation.admin.workflow_page import RESTS, indented
from automation.workflows import wording
from automation.workflows.definitions import Definition
from automation.workflows.models import Effect, Run, Trace
from config.backoffice import pages, show
from config.backoffice.navigation import may_see
from config.backoffice.panels import Banner, Facts, Page, Panel, Table, Text

DECISIONS_SHOWN = 200


def page(request: HttpRequest, run: Any) -> Page:
    definition = words.definition(run.version)
    panels: list[Panel] = [_who(run), _stand(run, definition)]
    if may_see(request, Trace):
        panels.append(_trace(run))
    panels += _wanted(run)
    if definition is not None:
        panels.append(_steps(run, definition))
    event = run.event
    panels.append(Text(title="The event it began with, as it was then", content=show.pretty(event.data), folded=True))
    return Page(panels, _banners(run, definition), words.state_pill(run.state))


def _banners(run: Any, definition: Definition | None) -> list[Banner]:
    found = []
    if definition is None:
        found.append(Banner("This hub cannot read the version it is in: it waits for one that can.", show.BAD))
    if run.state == Run.State.FAILED:
        found.append(Banner(f"Given up after {run.attempts} failures: {run.reason}", show.BAD))
    elif run.state == Run.State.ACTIVE and run.attempts:
        found.append(Banner(f"Failed {run.attempts} times in a row, and is tried again: {run.reason}", show.WARNING))
    if run.state == Run.State.ACTIVE and not run.workflow.enabled:
        found.append(Banner("The workflow is off: it waits where it is.", show.WARNING))
    return found


def _who(run: Any) -> Panel:
    about = f"{run.entity}:{run.entity_id}"
    rows: list[tuple[str, Any]] = [
        ("Workflow", pages.link_to(run.workflow)),
        ("Version", run.version.number),
        ("Record", words.record_link(run.entity, run.entity_id)),
        ("Customer", words.customer_link(run.customer_id)),
        ("Why and why not", show.link(why.url(about), f"everything decided about {run.entity} {run.entity_id}")),
        ("Group", words.GROUP_WORDS.get(Run.Group(run.group), run.group)),
    ]
    return Facts(title="Who", rows=rows)


def _stand(run: Any, definition: Definition | None) -> Panel:
    inside = run.state == Run.State.ACTIVE
    rows: list[tuple[str, Any]] = [
        ("Because", wording.sentence(wording.event(run.event.kind))),
        ("Entered", show.moment(run.started_at)),
    ]
    if inside:
        rows.append(("Where", wording.where(definition, run.step) if definition else show.NOTHING))
        rows.append(("Goes on", show.moment(run.due_at)))
        if run.waits_for:
            rows.append(("Or at once when", wording.event(run.waits_for)))
    else:
        rows += [("Ended", show.moment(run.ended_at)), ("Why", show.some(run.reason))]
    return Facts(title="Where it is" if inside else "How it ended", rows=rows)


def _trace(run: Any) -> Panel:
    found = list(Trace.objects.filter(run=run).order_by("-id")[: DECISIONS_SHOWN + 1])
    rows = [
        (show.moment(one.at), words.what_pill(one.what), _step(one), one.why or show.NOTHING, why.data(one.data))
        for one in reversed(found[:DECISIONS_SHOWN])
    ]
    note = f"The last {DECISIONS_SHOWN} are shown." if len(found) > DECISIONS_SHOWN else ""
    headers = ("When", "What", "Step", "Why", "Data then")
    return Table(title="Decisions", headers=headers, rows=rows, note=note, empty="None yet.")


def _step(one: Trace) -> SafeString | str:
    return one.step or show.NOTHING


def _wanted(run: Any) -> list[Panel]:
    found = list(Effect.objects.filter(run=run).order_by("id")[:DECISIONS_SHOWN])
    rows = [(show.moment(one.wanted_at), one.kind, one.template, show.moment(one.expires_at)) for one in found]
    headers = ("When", "Kind", "Template", "Expires")
    return [Table(title="Asked to be sent", headers=headers, rows=rows, count=str(len(rows)))] if rows else []


def _steps(run: Any, definition: Definition) -> Panel:
    """The mark stands at the wait it is in, or at the step that comes next."""
    program, at = definition.program, run.step
    if 0 < at <= len(program) and program[at - 1].kind in RESTS:
        at -= 1
    inside = run.state == Run.State.ACTIVE
    rows = [
        (line.name, indented(line.depth, line.text), show.pill("here", show.INFO) if inside and line.op == at else "")
        for line in wording.outline(program)
    ]
    return Table(title="Steps", headers=("Step", "What it does", ""), rows=rows, folded=not inside)
