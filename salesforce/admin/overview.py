"""Salesforce on the first page: is it connected, what needs a person, and how the push stands."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.backoffice import dashboard, pages, show
from config.backoffice.dashboard import Feed, Problem, Section, Tick
from config.backoffice.navigation import may_see
from config.backoffice.positions import few
from salesforce.admin import words
from salesforce.admin.org import stand
from salesforce.admin.words import MODELS, RunState, State
from salesforce.models import Org, SalesforceDelivery, SyncRun
from salesforce.org import objects

STRIP = 60
MOST = 999
COLUMNS = ("Sent", "To send", "Conflicts", "Failed")
QUIET = timedelta(minutes=10)  # the schedule sends a task every 30 seconds


def section(request: HttpRequest) -> Section | None:
    if not may_see(request, SyncRun):
        return None
    now = timezone.now()
    runs = list(words.with_life(SyncRun.objects.all()).order_by("-id")[:STRIP])
    url = pages.list_of(SyncRun)
    if not runs:
        return Section("Salesforce", url, steps=_first_steps())
    return Section("Salesforce", url, problems=list(_problems(runs, now)), columns=COLUMNS, feeds=_feeds(runs, now),
                   notes=list(_notes()))  # fmt: skip


def _first_steps() -> list[SafeString]:
    return [
        format_html("Set the External Client App's key and secret: {} explains each.", show.code(".env.example")),
        format_html("Connect: {}", show.link(pages.list_of(Org), "Salesforce, Connection")),
        format_html("Look whether the org is set up: {}", show.code("manage.py salesforce_check")),
    ]


def _problems(runs: Sequence[Any], now: datetime) -> Iterator[Problem]:
    standing = stand()
    if standing.reconnect_needed:
        yield Problem(f"Salesforce: {standing.said}", pages.list_of(Org))
    last = runs[0]
    url = pages.page_of(SyncRun, last.pk)
    if last.state == RunState.RUNNING and not last.alive:
        yield Problem(f"Salesforce: the last run gives no sign of life, since {show.age(last.started_at, now)}.", url)
    elif last.state == RunState.FAILED and not standing.reconnect_needed:
        yield Problem(f"Salesforce: the last run failed {show.age(last.started_at, now)}: {show.short(last.error, 160)}", url)
    for sobject in objects():
        for state, words_of in ((State.CONFLICT, "to be decided by a person"), (State.FAILED, "refused by Salesforce")):
            count, text = _count(sobject, state)
            if count:
                yield Problem(f"Salesforce: {text} {sobject.lower()}s {words_of}.", pages.list_of(MODELS[sobject], state=state))
    task = SalesforceDelivery.objects.order_by("-started_at").only("started_at").first()
    if task and task.started_at < now - QUIET:
        text = f"Salesforce: no task was taken up since {show.age(task.started_at, now)}. Is api_server running?"
        yield Problem(text, pages.list_of(SalesforceDelivery))


def _count(sobject: str, state: str) -> tuple[int, str]:
    return few(MODELS[sobject]._default_manager.filter(state=state), MOST)


def _feeds(runs: Sequence[Any], now: datetime) -> list[Feed]:
    return [_feed(sobject, runs if number == 0 else (), runs[0], now) for number, sobject in enumerate(objects())]


def _feed(sobject: str, runs: Sequence[Any], last: Any, now: datetime) -> Feed:
    model = MODELS[sobject]
    due, due_text = few(model._default_manager.filter(due_at__lte=now), MOST)
    counts = {state: _count(sobject, state) for state in (State.SENT, State.CONFLICT, State.FAILED)}
    values = (
        counts[State.SENT][1], due_text if due else "none",
        *(_linked(counts[state], pages.list_of(model, state=state)) for state in (State.CONFLICT, State.FAILED)),
    )  # fmt: skip
    ticks = [_tick(run, now) for run in reversed(runs)]
    bad = sum(run.state == RunState.FAILED for run in runs)
    many = f"{len(runs)} run{'' if len(runs) == 1 else 's'}"
    text = f"{many}, {bad or 'none'} failed" if runs else "sent by the same runs"
    return Feed(name=f"{sobject}s", url=pages.list_of(model), state=_state(last, due, counts),
                facts=list(zip(COLUMNS, values, strict=True)), ticks=ticks, ticks_text=text)  # fmt: skip


def _linked(count: tuple[int, str], url: str) -> SafeString | str:
    return show.link(url, count[1]) if count[0] else "none"


def _state(last: Any, due: int, counts: Any) -> SafeString:
    if last.state in (RunState.RUNNING, RunState.FAILED, RunState.WAITING):
        return words.run_pill(last)
    if counts[State.FAILED][0]:
        return show.pill("some failed", show.WARNING)
    return show.pill("sending", show.INFO) if due else show.pill("up to date", show.GOOD)


def _tick(run: Any, now: datetime) -> Tick:
    state = RunState(run.state)
    how = f"{words.MODE_WORDS[words.Mode(run.mode)]}, {words.RUN_WORDS.get(state, state)}"
    text = f"{show.clock(run.started_at, now)}: {how}, {run.created + run.updated:,} sent"
    return Tick(words.RUN_TONES[state], text, pages.page_of(SyncRun, run.pk))


def _notes() -> Iterator[Any]:
    org = words.org()
    if org is not None and org.calls_used is not None and org.calls_most:
        used = f"{org.calls_used:,} of {org.calls_most:,} calls in 24 hours"
        yield format_html("{}: {}", show.link(pages.page_of(Org, org.pk), "The org"), used)


dashboard.register(section)
