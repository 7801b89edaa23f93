"""When a schedule runs, in words."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cron_descriptor import get_description  # type: ignore[import-untyped] # ships no types
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from config.backoffice import show
from config.jobs.schedules import registered

GRACE = timedelta(minutes=5)  # the scheduler writes down what it sent every three minutes

_PERIODS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@dataclass(frozen=True)
class NextRun:
    """`overdue`: nobody sent what was due, so the scheduler does not run."""

    at: datetime | None
    words: str
    overdue: bool = False


def rhythm(task: PeriodicTask) -> str:
    """ "every 2 minutes", "at 02:30 AM"."""
    if task.interval is not None:
        seconds = task.interval.schedule.run_every.total_seconds()
        unit, size = next(((unit, size) for unit, size in _PERIODS if seconds % size == 0), ("second", 1))
        count = int(seconds // size)
        return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    if task.crontab is not None:
        tab = task.crontab
        text = get_description(f"{tab.minute} {tab.hour} {tab.day_of_month} {tab.month_of_year} {tab.day_of_week}")
        return f"{text[:1].lower()}{text[1:]} ({tab.timezone})"
    return "never: it has no interval and no time"


def next_run(task: PeriodicTask, now: datetime | None = None) -> NextRun:
    now = now or timezone.now()
    if not task.enabled:
        return NextRun(None, "Switched off: it does not run.")
    if task.interval is None and task.crontab is None:
        return NextRun(None, "It has no time, so it does not run.")
    due = _after(task, task.last_run_at or task.date_changed or now)
    if due < now - GRACE - 2 * _period(task):
        words = f"It was due {show.age(due, now)} and has not been sent: is the scheduler running?"
        return NextRun(due, words, overdue=True)
    if due <= now:
        return NextRun(due, "Due about now.")
    return NextRun(due, f"Next {show.age(due, now)}, on {show.clock(due, now)}.")


def _after(task: PeriodicTask, last: datetime) -> datetime:
    """The moment that follows `last`."""
    if task.interval is not None:
        return last + _period(task)
    began, delta, _ = task.schedule.remaining_delta(last)
    due: datetime = began + delta
    return due


def _period(task: PeriodicTask) -> timedelta:
    every: timedelta = task.interval.schedule.run_every if task.interval is not None else timedelta(0)
    return every


def known_tasks() -> set[str]:
    """The tasks that a schedule may run."""
    return {schedule.task for schedule in registered()}


def arguments_of(task: PeriodicTask) -> dict[str, Any] | None:
    """What the task is sent with; None where it is not in the form our schedules have."""
    try:
        args, kwargs = json.loads(task.args or "[]"), json.loads(task.kwargs or "{}")
    except ValueError:
        return None
    return kwargs if args == [] and isinstance(kwargs, dict) else None
