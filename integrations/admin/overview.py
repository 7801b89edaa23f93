"""GoHighLevel on the first page: parity, what needs a person, and how long the rest takes."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.backoffice import dashboard, pages, show
from config.backoffice.dashboard import Feed, Problem, Section, Tick
from config.backoffice.navigation import may_see
from config.backoffice.positions import few
from integrations.admin import conflicts, drafts, forecast, parity, rules, words
from integrations.admin.buttons import START_RIGHT
from integrations.admin.words import MODELS, PLURAL, Kind, RunState, State
from integrations.models import Account, Draft, GhlDelivery, StageRule, SyncRun

STRIP = 60
MOST = 999
COLUMNS = ("Should be there", "Are there", "Differ", "To send", "Conflicts", "Failed")
QUIET = timedelta(minutes=10)  # the schedule sends a task every 10 seconds
BAD_ENDS = (RunState.FAILED, RunState.BRAKED)


def section(request: HttpRequest) -> Section | None:
    if not may_see(request, SyncRun):
        return None
    now = timezone.now()
    runs = list(words.with_life(SyncRun.objects.defer("parity")).order_by("-id")[:STRIP])
    url = pages.list_of(SyncRun)
    if not runs:
        return Section("GoHighLevel", url, steps=_first_steps(request))
    counts, compared = {kind: _counts(kind) for kind in Kind}, parity.last()
    return Section(
        "GoHighLevel", url, problems=list(_problems(runs, counts, now)), columns=COLUMNS,
        feeds=_feeds(runs, counts, compared, now), notes=list(_notes(compared)),
    )  # fmt: skip


def _counts(kind: Kind) -> dict[str, tuple[int, str]]:
    rows = MODELS[kind]._default_manager
    return {state: few(rows.filter(state=state), MOST) for state in (State.CONFLICT, State.FAILED)}


def _first_steps(request: HttpRequest) -> list[SafeString]:
    button: SafeString | str = "“Sync now” on the page “Runs”"
    if request.user.has_perm(START_RIGHT):
        button = show.link(reverse("admin:integrations_syncrun_sync_now"), "Sync now")
    return [
        format_html(
            "Set GoHighLevel's token and sub-account in the environment: {} explains each. A trial uses the sandbox by itself.",
            show.code(".env.example"),
        ),
        format_html("Start the worker: {}", show.code("manage.py st_workflow_worker")),
        format_html("{}, or wait for the schedule. The first run sends everything; how long that takes is shown here.", button),
    ]


def _problems(runs: Sequence[Any], counts: dict[Kind, Any], now: datetime) -> Iterator[Problem]:
    yield from _run_problems(runs, now)
    waiting = Draft.objects.filter(state=Draft.State.OPEN).order_by("id").first()
    if waiting:
        text = f"{drafts.contacts(waiting.changes)} would change at GoHighLevel: approve or reject draft {waiting.pk}."
        yield Problem(text, pages.page_of(Draft, waiting.pk))
    if wrong := rules.wrong():
        text = f"{len(wrong)} stage rules point" if len(wrong) > 1 else "A stage rule points"
        yield Problem(f"{text} to something GoHighLevel does not have any more.", pages.list_of(StageRule))
    if conflicting := _sum(counts, State.CONFLICT):
        yield Problem(f"GoHighLevel: {conflicting} to be decided by a person.", conflicts.url())
    for kind in Kind:
        count, text = counts[kind][State.FAILED]
        if count:
            which = f"{text} {PLURAL[kind] if count > 1 else kind}"
            yield Problem(f"GoHighLevel refused {which}. They are tried again by themselves; look why.", _failed(kind))


def _failed(kind: Kind) -> str:
    return pages.list_of(MODELS[kind], state=State.FAILED)


def _sum(counts: dict[Kind, Any], state: str) -> str:
    total = sum(counts[kind][state][0] for kind in Kind)
    if not total:
        return ""
    return "1 conflict is" if total == 1 else f"{'over ' if total > MOST else ''}{min(total, MOST):,} conflicts are"


def _run_problems(runs: Sequence[Any], now: datetime) -> Iterator[Problem]:
    last = runs[0]
    url = pages.page_of(SyncRun, last.pk)
    if last.state == RunState.RUNNING and not last.alive:
        yield Problem(f"GoHighLevel: the last run gives no sign of life, since {show.age(last.started_at, now)}.", url)
    elif last.state == RunState.FAILED:
        yield Problem(f"GoHighLevel: the last run failed {show.age(last.started_at, now)}: {show.short(last.error, 160)}", url)
    task = GhlDelivery.objects.order_by("-started_at").only("started_at").first()
    if task and task.started_at < now - QUIET:
        text = f"GoHighLevel: no task was taken up since {show.age(task.started_at, now)}. Is st_workflow_worker running?"
        yield Problem(text, pages.list_of(GhlDelivery))


def _feeds(runs: Sequence[Any], counts: dict[Kind, Any], compared: SyncRun | None, now: datetime) -> list[Feed]:
    figures, due = parity.figures(compared), forecast.due()
    return [_feed(kind, runs, counts[kind], figures.get(kind, {}), due.get(kind, 0), now) for kind in Kind]


def _feed(kind: Kind, runs: Sequence[Any], counts: Any, part: dict[str, int], due: int, now: datetime) -> Feed:
    model = MODELS[kind]
    compared = [show.number(part[name]) if name in part else show.quiet("not compared yet") for name in ("should", "there")]
    differ = part.get("differ", 0) + part.get("missing", 0)
    values: tuple[Any, ...] = (
        *compared,
        show.link(parity.url(), f"{differ:,}") if differ else "none" if part else show.NOTHING,
        forecast.about(due) if due else "none",
        _linked(counts[State.CONFLICT], pages.list_of(model, state=State.CONFLICT)),
        _linked(counts[State.FAILED], _failed(kind)),
    )
    ticks = [_tick(run, now) for run in reversed(runs)] if kind == Kind.CONTACT else []
    return Feed(
        name=PLURAL[kind].capitalize(), url=pages.list_of(model), state=_state(runs[0], due, counts),
        facts=list(zip(COLUMNS, values, strict=True)), ticks=ticks,
        ticks_text=_strip_text(runs) if ticks else "sent by the same runs",
    )  # fmt: skip


def _linked(count: tuple[int, str], url: str) -> SafeString | str:
    return show.link(url, count[1]) if count[0] else "none"


def _state(last: Any, due: int, counts: Any) -> SafeString:
    if last.state == RunState.RUNNING or last.state in BAD_ENDS or last.state == RunState.WAITING:
        return words.run_pill(last)
    if counts[State.FAILED][0]:
        return show.pill("some failed", show.WARNING)
    return show.pill("sending", show.INFO) if due else show.pill("up to date", show.GOOD)


def _strip_text(runs: Sequence[Any]) -> str:
    bad = sum(1 for run in runs if run.state in BAD_ENDS)
    many = f"{len(runs)} run{'' if len(runs) == 1 else 's'}"
    return f"{many}, {bad} failed" if bad else f"{many}, none failed"


def _tick(run: Any, now: datetime) -> Tick:
    sent = run.created + run.adopted + run.updated
    state = RunState(run.state)
    how = f"{words.MODE_WORDS[words.Mode(run.mode)]}, {words.RUN_WORDS.get(state, state)}"
    text = f"{show.clock(run.started_at, now)}: {how}, {sent:,} sent"
    return Tick(words.RUN_TONES[state], text, pages.page_of(SyncRun, run.pk))


def _notes(run: SyncRun | None) -> Iterator[Any]:
    if left := forecast.left():
        yield left
    if run:
        yield format_html("Compared {}: {}", show.age(run.finished_at or run.started_at), show.link(parity.url(), "parity"))
    else:
        yield format_html("Not compared with GoHighLevel yet: {}", show.link(parity.url(), "parity"))
    account = Account.objects.order_by("-seen_at").first()
    if account:
        yield format_html("{}: {}", show.link(pages.page_of(Account, account.pk), str(account)), forecast.budget().words)


dashboard.register(section)
