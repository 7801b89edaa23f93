"""The scheduler: django-celery-beat's, with a slot on every task it sends, so that a second scheduler doubles nothing."""

import json
import math
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from celery.schedules import crontab
from django.conf import settings
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from config.isolation import switches
from config.jobs import alive
from config.jobs.schedules import Schedule, registered
from config.jobs.tasks import DUE, ID, SCHEDULE

SWITCHES_S = 5.0


class SlotScheduler(DatabaseScheduler):  # type: ignore[misc] # no types
    _looked_at = 0.0

    def tick(self, *args: Any, **options: Any) -> Any:
        """Beside sending what is due: a Redis that lost its data hears again how the kill switches stand."""
        if time.monotonic() - self._looked_at > SWITCHES_S:
            self._looked_at = time.monotonic()
            switches.publish_missing()
            alive.tell()
        return min(super().tick(*args, **options), SWITCHES_S)

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **options: Any) -> Any:
        """Two schedulers that send the same task in the same slot send the same (schedule, due time)."""
        due = slot(entry.schedule, datetime.now(UTC))
        headers = {ID: uuid4().hex, SCHEDULE: entry.name, DUE: due.isoformat()}
        entry.options["headers"] = {**(entry.options.get("headers") or {}), **headers}
        return super().apply_async(entry, producer, advance, **options)


def slot(schedule: Any, now: datetime) -> datetime:
    """The start of the period `now` falls into: the minute for a clock time, a multiple of the interval else.

    An interval's next run is never less than a period after the last, so no run of one scheduler shares a slot.
    """
    if isinstance(schedule, crontab):
        return now.replace(second=0, microsecond=0)
    period = schedule.run_every.total_seconds()
    return datetime.fromtimestamp(math.floor(now.timestamp() / period) * period, UTC)


def make_defaults() -> list[str]:
    """Create the registered schedules that are not there yet. What people changed or switched off stays as it is."""
    return [schedule.name for schedule in registered() if _make(schedule)]


def _make(schedule: Schedule) -> bool:
    if PeriodicTask.objects.filter(name=schedule.name).exists():
        return False
    PeriodicTask.objects.create(
        name=schedule.name,
        task=schedule.task,
        kwargs=json.dumps(schedule.arguments),
        description=schedule.description,
        **_when(schedule),
    )
    return True


def _when(schedule: Schedule) -> dict[str, Any]:
    if schedule.at is not None:
        hour, minute = schedule.at
        at, _ = CrontabSchedule.objects.get_or_create(
            hour=str(hour), minute=str(minute), day_of_week="*", day_of_month="*", month_of_year="*",
            timezone=settings.TIME_ZONE,
        )  # fmt: skip
        return {"crontab": at}
    assert schedule.every is not None
    seconds = int(schedule.every.total_seconds())
    every, _ = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
    return {"interval": every}
