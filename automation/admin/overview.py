"""Workflows on the first page: what is on, who is inside, what is due, and what needs a person."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from automation.admin import counts, editor, words
from automation.admin.counts import Days, Inside
from automation.workflows import stored, tracing
from automation.workflows.models import AutomationDelivery, Event, Run, Workflow
from automation.workflows.stored import Current
from config.backoffice import dashboard, pages, show
from config.backoffice.dashboard import Feed, Problem, Section, Tick
from config.backoffice.navigation import may_see
from config.isolation import switches

COLUMNS = ("Inside", "Due now", "Entered today", "Sent today", "Last entered")
SHOWN = 12
QUIET = timedelta(minutes=10)  # the schedule sends a task every 10 seconds


def section(request: HttpRequest) -> Section | None:
    if not may_see(request, Workflow):
        return None
    now = timezone.now()
    url = pages.list_of(Workflow)
    if not Workflow.objects.exists():
        return Section("Workflows", url, steps=_first_steps(request))
    on = stored.current()
    days = counts.by_day(now)
    return Section(
        "Workflows", url, problems=list(_problems(on, now)), columns=COLUMNS, feeds=_feeds(on, days, now),
        notes=list(_notes(on, now)), kind="Workflow", strip="Each day, newest on the right",
    )  # fmt: skip


def _first_steps(request: HttpRequest) -> list[SafeString]:
    button = show.link(pages.list_of(Workflow), "Bring in the ready-made ones")
    how = button if request.user.has_perm(editor.ADD) else format_html("Ask somebody who may to {}", show.code("--ready"))
    return [
        format_html("{}, or {}", how, show.code("manage.py run_workflows --ready")),
        format_html("Look at each, change it, and switch it on. Start the worker: {}", show.code("manage.py st_workflow_worker")),
    ]


def _problems(on: list[Current], now: datetime) -> Iterator[Problem]:
    read = {one.workflow.pk for one in on}
    for workflow in Workflow.objects.filter(enabled=True).exclude(pk__in=read).order_by("title"):
        yield Problem(f"Workflow “{workflow}” cannot be read by this hub: nobody goes on.", pages.page_of(Workflow, workflow.pk))
    count, text = counts.failed()
    if count:
        which = "A run of a workflow has" if count == 1 else f"{text} runs of workflows have"
        yield Problem(f"{which} failed, and nobody tries again: look why.", pages.list_of(Run, state=Run.State.FAILED))
    if not on or switches.newest()["workflows"].mode != switches.Mode.RUN:
        return
    task = AutomationDelivery.objects.order_by("-started_at").only("started_at").first()
    if task and task.started_at < now - QUIET:
        text = f"Workflows: no task was taken up since {show.age(task.started_at, now)}. Is st_workflow_worker running?"
        yield Problem(text, pages.list_of(AutomationDelivery))
    oldest = Event.objects.filter(handled_at__isnull=True).order_by("id").only("noted_at").first()
    if oldest and oldest.noted_at < now - QUIET:
        text = f"Workflows: an event waits for a decision since {show.age(oldest.noted_at, now)}."
        yield Problem(text, pages.list_of(Event, open="open"))


def _feeds(on: list[Current], days: Days, now: datetime) -> list[Feed]:
    inside, last = counts.inside(now), counts.last_entered()
    return [_feed(one, inside, days, last.get(one.workflow.pk), now) for one in on[:SHOWN]]


def _feed(one: Current, inside: Inside, days: Days, last: datetime | None, now: datetime) -> Feed:
    pk = one.workflow.pk
    url = pages.page_of(Workflow, pk)
    values: tuple[Any, ...] = (
        inside.written(inside.of(pk)), inside.written(inside.due.get(pk, 0)),
        _some(days.on(days.last, tracing.ENTERED, pk)), _some(days.on(days.last, tracing.SENT, pk)), show.moment(last, now),
    )  # fmt: skip
    ticks = [_tick(days, day, pk, url) for day in days.days()]
    return Feed(name=str(one.workflow), url=url, state=words.on_off(enabled=True), facts=list(zip(COLUMNS, values, strict=True)),
                ticks=ticks, ticks_text=_strip_text(days, pk))  # fmt: skip


def _some(count: int) -> str:
    return f"{count:,}" if count else "none"


def _tick(days: Days, day: Any, pk: int, url: str) -> Tick:
    entered, ended, bad = (days.on(day, what, pk) for what in (tracing.ENTERED, tracing.ENDED, tracing.FAILED))
    tone = show.BAD if bad else show.GOOD if entered or ended else show.PLAIN
    text = f"{day:%b} {day.day}: {entered:,} entered, {ended:,} ended" + (f", {bad:,} failures" if bad else "")
    return Tick(tone, text, url)


def _strip_text(days: Days, pk: int) -> str:
    entered, ended = (sum(days.on(day, what, pk) for day in days.days()) for what in (tracing.ENTERED, tracing.ENDED))
    return f"{len(days.days())} days: {entered:,} entered, {ended:,} ended"


def _notes(on: list[Current], now: datetime) -> Iterator[Any]:
    off = Workflow.objects.filter(enabled=False).count()
    if not on:
        yield format_html("No workflow is on: {}", show.link(pages.list_of(Workflow), f"{off} are off"))
    elif off:
        yield format_html("{} more are off", show.link(pages.list_of(Workflow, enabled="no"), str(off)))
    if len(on) > SHOWN:
        yield f"The {SHOWN} of the highest priority are shown."
    count, text = counts.open_events()
    if count:
        yield format_html("{} wait for a decision", show.link(pages.list_of(Event, open="open"), f"{text} events"))


dashboard.register(section)
