"""ServiceTitan on the first page: how each feed stands, and what needs a person."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_celery_beat.models import PeriodicTask

from config.backoffice import dashboard, pages, show, wording
from config.backoffice.dashboard import Feed, Problem, Section, Tick
from config.backoffice.navigation import may_see
from config.backoffice.timetable import NextRun, next_run
from servicetitan.admin import sizes, words
from servicetitan.admin.buttons import START_RIGHT
from servicetitan.admin.readings import Readings, read
from servicetitan.entities import ENTITIES, FEEDS, REFERENCE_LISTS, Entity
from servicetitan.models import SyncCursor, SyncLog, SyncReject

State = SyncLog.State
TASK = "servicetitan.sync"
COLUMNS = ("Up to date as of", "Records", "Read in 24 h", "Changed in 24 h", "Open rejects")
LATE = timedelta(minutes=30)
LATE_LIST = timedelta(hours=26)  # the reference lists are read once a day
BAD_ENDS = (State.FAILED, State.BRAKED)


def section(request: HttpRequest) -> Section | None:
    if not may_see(request, SyncLog):
        return None
    now = timezone.now()
    known = read(now)
    schedules = list(PeriodicTask.objects.filter(task=TASK).select_related("interval", "crontab"))
    url = pages.list_of(SyncCursor)
    if not known.ever_run:
        return Section("ServiceTitan", url, steps=_first_steps(request))
    return Section(
        "ServiceTitan",
        url,
        problems=[*_schedule_problems(schedules, now), *_feed_problems(known, now)],
        feeds=[_feed(entity, known, now) for entity in (*FEEDS, *REFERENCE_LISTS)],
        columns=COLUMNS,
        notes=_notes(schedules, now),
    )


def _first_steps(request: HttpRequest) -> list[SafeString]:
    settle = (
        format_html("This is a trial. Serve the sandbox company: {}", show.code("manage.py sandbox"))
        if settings.SERVICETITAN_USES_SANDBOX
        else format_html("Set ServiceTitan's credentials in the environment: {} explains each.", show.code(".env.example"))
    )
    worker, scheduler = show.code("manage.py st_sync_worker"), show.code("manage.py scheduler")
    button: SafeString | str = "“Sync all feeds now” on the page “Runs”"
    if request.user.has_perm(START_RIGHT):
        button = show.link(reverse("admin:servicetitan_synclog_sync_all"), "Sync all feeds now")
    return [
        settle,
        format_html("Start the worker: {}, and the scheduler: {}", worker, scheduler),
        format_html("{}, or wait for the schedule. The first run reads everything.", button),
    ]


def _schedule_problems(schedules: Sequence[PeriodicTask], now: datetime) -> Iterator[Problem]:
    url = pages.list_of(PeriodicTask)
    if not schedules:
        yield Problem("ServiceTitan has no schedule: start the scheduler (manage.py scheduler), it makes the usual ones.", url)
    elif not any(schedule.enabled for schedule in schedules):
        yield Problem("Every schedule of ServiceTitan is switched off, so the mirror stays as it is.", url)
    late = [schedule for schedule in schedules if next_run(schedule, now).overdue]
    if late:
        yield Problem(f"“{late[0].name}” is overdue: the scheduler does not seem to run.", url)


def _feed_problems(known: Readings, now: datetime) -> Iterator[Problem]:
    for entity in ENTITIES:
        yield from _run_problems(entity, known, now)
    yield from _lateness([entity for entity in ENTITIES if _is_behind(entity, known, now)], known, now)
    if rejected := sum(known.rejects.values()):
        records = "1 record" if rejected == 1 else f"{rejected:,} records"
        yield Problem(f"{records} could not be loaded. They are tried again by themselves; look why.", pages.list_of(SyncReject))


def _run_problems(entity: Entity, known: Readings, now: datetime) -> Iterator[Problem]:
    name, cursor = words.called(entity.name), known.cursors.get(entity.name)
    last = _last(entity, known)
    url = pages.page_of(SyncLog, last.pk) if last else pages.list_of(SyncLog)
    if last and last.state in BAD_ENDS:
        verb = "failed" if last.state == State.FAILED else "was stopped by the brake"
        yield Problem(f"The last run of {name} {verb} {show.age(last.started_at, now)}: {show.short(last.error, 160)}", url)
    elif last and last.state == State.RUNNING and not _holds(cursor, last, now):
        yield Problem(f"The run of {name} gives no sign of life, since {show.age(last.started_at, now)}.", url)


def _lateness(behind: Sequence[Entity], known: Readings, now: datetime) -> Iterator[Problem]:
    """One sentence for all of them: they have one cause, most likely."""
    if not behind:
        return
    names = ", ".join(words.called(entity.name) for entity in behind)
    found = [known.cursors.get(entity.name) for entity in behind]
    moments = [cursor.last_success_at for cursor in found if cursor and cursor.last_success_at]
    since = f"the oldest success was {show.age(min(moments), now)}" if moments else "they have never succeeded"
    yield Problem(f"Behind: {names}; {since}. Is the worker running?", pages.list_of(SyncCursor))


def _is_behind(entity: Entity, known: Readings, now: datetime) -> bool:
    """Late, and not for a reason that has a sentence of its own."""
    last = _last(entity, known)
    told = last is not None and (last.state in BAD_ENDS or last.state == State.RUNNING)
    return not told and _is_late(entity, known.cursors.get(entity.name), now)


def _last(entity: Entity, known: Readings) -> SyncLog | None:
    return next(iter(known.runs.get(entity.name, [])), None)


def _holds(cursor: SyncCursor | None, run: SyncLog, now: datetime) -> bool:
    return bool(cursor and cursor.holder == run.worker and cursor.lease_until and cursor.lease_until > now)


def _is_late(entity: Entity, cursor: SyncCursor | None, now: datetime) -> bool:
    allowed = LATE if entity.is_feed else LATE_LIST
    success = cursor.last_success_at if cursor else None
    return success is None or success < now - allowed


def _feed(entity: Entity, known: Readings, now: datetime) -> Feed:
    cursor, day = known.cursors.get(entity.name), known.day.get(entity.name, {})
    rejects = known.rejects.get(entity.name, 0)
    open_rejects = show.link(pages.list_of(SyncReject, entity=entity.name), f"{rejects:,}") if rejects else "none"
    values: tuple[Any, ...] = (
        show.moment(cursor.last_success_at if cursor else None, now),
        show.link(pages.list_of(entity.model), sizes.about(known.rows.get(entity.name))),
        f"{day.get('read') or 0:,}",
        f"{day.get('changed') or 0:,}",
        open_rejects,
    )
    runs = list(reversed(known.runs.get(entity.name, [])))
    bad = sum(1 for run in runs if run.state in BAD_ENDS)
    return Feed(
        name=words.called(entity.name),
        url=pages.page_of(SyncCursor, entity.name) if cursor else pages.list_of(SyncLog),
        state=_state(entity, cursor, known, now),
        facts=list(zip(COLUMNS, values, strict=True)),
        ticks=[_tick(run, now) for run in runs],
        ticks_text=f"{len(runs)} runs, {bad} failed" if bad else f"{len(runs)} run{'' if len(runs) == 1 else 's'}, none failed",
    )


def _state(entity: Entity, cursor: SyncCursor | None, known: Readings, now: datetime) -> SafeString:
    last = _last(entity, known)
    if last is None:
        return show.pill("never run", show.PLAIN)
    if last.state == State.RUNNING and _holds(cursor, last, now):
        return show.pill(f"running: {last.fetched:,} read", show.INFO)
    if last.state == State.RUNNING:
        return show.pill("no sign of life", show.BAD)
    if last.state not in BAD_ENDS and _is_late(entity, cursor, now):
        return show.pill("late", show.WARNING)
    return show.pill(wording.lower(State(last.state)), words.RUN_TONES[State(last.state)])


def _tick(run: SyncLog, now: datetime) -> Tick:
    changed = run.inserted + run.updated + run.deleted
    text = f"{show.clock(run.started_at, now)}: {wording.lower(State(run.state))}, {run.fetched:,} read, {changed:,} changed"
    return Tick(words.RUN_TONES[State(run.state)], text, pages.page_of(SyncLog, run.pk))


def _notes(schedules: Sequence[PeriodicTask], now: datetime) -> list[Any]:
    found = []
    if not settings.SERVICETITAN_SYNC_ENABLED:
        found.append("The sync is switched off in the environment: SERVICETITAN_SYNC_ENABLED is false.")
    for schedule in schedules:
        upcoming: NextRun = next_run(schedule, now)
        found.append(format_html("{}: {}", show.link(pages.page_of(PeriodicTask, schedule.pk), schedule.name), upcoming.words))
    return found


dashboard.register(section)
