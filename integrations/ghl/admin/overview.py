"""GoHighLevel on the first page: is everything there, what waits, and what needs a person."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.backoffice import dashboard, pages, show
from config.backoffice.dashboard import Feed, Section, Tick
from config.backoffice.navigation import may_see
from config.backoffice.positions import few
from config.backoffice.wording import lower
from integrations.ghl.admin import words
from integrations.ghl.admin.problems import KINDS, MOST, Counts, many, problems
from integrations.ghl.models import Pushed, SyncRun
from integrations.ghl.push.orders import forecast_s

State, RunState, Mode = Pushed.State, SyncRun.State, SyncRun.Mode
COLUMNS = ("Should be there", "Are there", "Differ", "Waiting to be sent", "Conflicts", "Failed")
REMEMBERED_S = 15
TICKS = 20


def section(request: HttpRequest) -> Section | None:
    if not may_see(request, SyncRun):
        return None
    runs = list(SyncRun.objects.exclude(mode=Mode.RECONCILE).defer("parity").order_by("-id")[:TICKS])
    url = pages.list_of(SyncRun)
    if not runs:
        return Section("GoHighLevel", url, steps=_first_steps())
    compared = SyncRun.objects.filter(mode=Mode.RECONCILE, parity__isnull=False).order_by("-id").first()
    counts = cache.get_or_set("ghl:overview", _counts, REMEMBERED_S) or {}
    now = timezone.now()
    return Section(
        "GoHighLevel", url, problems=list(problems(runs[0], compared, counts, now)),
        feeds=[_feed(name, model, counts[name], compared, runs) for name, model in KINDS], columns=COLUMNS,
        notes=_notes(counts, compared, now),
    )  # fmt: skip


def _counts() -> Counts:
    found = {}
    for name, model in KINDS:
        rows = model._default_manager.all()
        found[name] = {
            "due": few(rows.filter(due_at__lte=Now(), draft__isnull=True), MOST)[0],
            "should": few(rows.exclude(state=State.SKIPPED), MOST)[0],
            "there": few(rows.filter(ghl_id__isnull=False, gone_at__isnull=True).exclude(state=State.SKIPPED), MOST)[0],
            **{state.value: few(rows.filter(state=state), MOST)[0] for state in (State.CONFLICT, State.FAILED)},
        }
    return found


def _feed(name: str, model: Any, counts: dict[str, int], compared: SyncRun | None, runs: list[SyncRun]) -> Feed:
    part: dict[str, Any] = ((compared.parity if compared else None) or {}).get(name, {})
    values = (
        _parity("should", counts, part), _parity("there", counts, part), _differ(part, compared),
        _waiting(counts["due"]), _linked(model, State.CONFLICT, counts), _linked(model, State.FAILED, counts),
    )  # fmt: skip
    ticks = [_tick(run) for run in reversed(runs)]
    bad = sum(1 for run in runs if run.state in (RunState.FAILED, RunState.BRAKED))
    return Feed(
        name=name, url=pages.list_of(model), state=_state(counts, part), facts=list(zip(COLUMNS, values, strict=True)),
        ticks=ticks, ticks_text=f"{len(runs)} runs, {bad or 'none'} failed",
    )  # fmt: skip


def _state(counts: dict[str, int], part: dict[str, Any]) -> SafeString:
    if counts[State.FAILED]:
        return show.pill("some failed", show.BAD)
    if counts["due"]:
        return show.pill("sending", show.INFO)
    if counts[State.CONFLICT] or part.get("missing") or part.get("differ"):
        return show.pill("differs", show.WARNING)
    return show.pill("up to date", show.GOOD)


def _parity(name: str, counts: dict[str, int], part: dict[str, Any]) -> str:
    """As it is now; where that are too many to count, as the last comparison found."""
    return f"{part[name]:,}" if counts[name] > MOST and name in part else many(counts[name])


def _differ(part: dict[str, Any], compared: SyncRun | None) -> SafeString | str:
    """As the last comparison found."""
    if compared is None or "differ" not in part:
        return show.DASH
    return show.link(pages.page_of(SyncRun, compared.pk), f"{part['differ']:,}") if part["differ"] else "none"


def _waiting(count: int) -> str:
    """With the time it takes at the vendor's pace."""
    return f"{many(count)}, about {show.duration(forecast_s(count))}" if count else "none"


def _linked(model: Any, state: Pushed.State, counts: dict[str, int]) -> SafeString | str:
    count = counts[state]
    return show.link(pages.list_of(model, state=state.value), many(count)) if count else "none"


def _tick(run: SyncRun) -> Tick:
    sent = run.created + run.adopted + run.updated
    text = f"{show.clock(run.started_at)}: {lower(RunState(run.state))}, {sent:,} sent, {run.failed:,} failed"
    return Tick(words.RUN_TONES[RunState(run.state)], text, pages.page_of(SyncRun, run.pk))


def _notes(counts: Counts, compared: SyncRun | None, now: datetime) -> list[Any]:
    found: list[Any] = []
    if not settings.GHL_SYNC_ENABLED:
        found.append("It is switched off in the environment: GHL_SYNC_ENABLED is false.")
    if compared is None:
        found.append("GoHighLevel was not compared with the mirror yet: “Compare now” on the page “Runs”, or wait for the night.")
    else:
        link = show.link(pages.page_of(SyncRun, compared.pk), "Compared")
        found.append(format_html("{} {}", link, show.age(compared.started_at, now)))
    if seconds := sum(forecast_s(counts[name]["due"]) for name, _ in KINDS):
        found.append(f"What waits takes about {show.duration(seconds)} at GoHighLevel's pace")
    return found


def _first_steps() -> list[SafeString]:
    token, location, example = (show.code(text) for text in ("GHL_API_TOKEN", "GHL_LOCATION_ID", ".env.example"))
    look, worker = show.code("manage.py sync_ghl --dry-run"), show.code("manage.py st_workflow_worker")
    return [
        format_html("Set {} and {}; {} explains them. In a trial the emulator is used.", token, location, example),
        format_html("Look first, if you like: {}", look),
        format_html("Start the worker: {}; or {} once.", worker, show.code("manage.py sync_ghl")),
    ]


dashboard.register(section)
