"""Schedules: whether and when is people's business, what and with which arguments is not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    PeriodicTasks,
    SolarSchedule,
)

from config.backoffice.timetable import next_run, rhythm
from config.jobs.beat import make_defaults
from tests.backoffice.conftest import Queued

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 1 AM in Phoenix


@pytest.fixture
def schedule(db: None) -> PeriodicTask:
    make_defaults()
    return PeriodicTask.objects.get(name="ServiceTitan: what changed")


@pytest.fixture
def nightly(schedule: PeriodicTask) -> PeriodicTask:
    return PeriodicTask.objects.get(name="ServiceTitan: nightly reconcile")


def _url(name: str, *args: Any) -> str:
    return reverse(f"admin:django_celery_beat_periodictask_{name}", args=args)


EVERY = {"enabled": "on", "how": "every", "every": "5", "period": "minutes"}
AT = {"enabled": "on", "how": "at", "hour": "4", "minute": "15", "day_of_week": "1-5", "day_of_month": "*"}


def _saved(client: Client, schedule: PeriodicTask, data: dict[str, str]) -> PeriodicTask:
    answer = client.post(_url("change", schedule.pk), data)
    assert answer.status_code == 302, answer.content.decode()
    return PeriodicTask.objects.get(pk=schedule.pk)


def test_another_interval_leaves_other_schedules_alone(boss: Client, schedule: PeriodicTask) -> None:
    other = PeriodicTask.objects.create(name="other", task=schedule.task, interval=schedule.interval)
    before = PeriodicTasks.last_change()
    saved = _saved(boss, schedule, EVERY)
    assert rhythm(saved) == "every 5 minutes"
    assert rhythm(PeriodicTask.objects.get(pk=other.pk)) == "every 2 minutes"
    assert PeriodicTasks.last_change() > before  # the scheduler reads its table again
    assert LogEntry.objects.get().get_change_message() == "ServiceTitan: what changed: on, every 5 minutes"


def test_from_an_interval_to_a_time_and_off(boss: Client, schedule: PeriodicTask) -> None:
    saved = _saved(boss, schedule, AT)
    assert saved.interval is None
    assert rhythm(saved) == "at 04:15 AM, Monday through Friday (America/Phoenix)"
    saved = _saved(boss, saved, {name: value for name, value in EVERY.items() if name != "enabled"})
    assert not saved.enabled and saved.crontab is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({**EVERY, "every": ""}, "How often?"),
        ({**EVERY, "every": "5", "period": "seconds"}, "Not more often than every 30 seconds."),
        ({**EVERY, "every": "-3"}, "greater than or equal to 1"),
        ({**AT, "minute": "*"}, "Name the minute"),
        ({**AT, "hour": "26"}, "hour"),
        ({**AT, "day_of_week": "funday"}, "day"),
    ],
)
def test_a_wrong_time_is_explained(boss: Client, schedule: PeriodicTask, wrong: dict[str, str], message: str) -> None:
    answer = boss.post(_url("change", schedule.pk), wrong)
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert rhythm(PeriodicTask.objects.get(pk=schedule.pk)) == "every 2 minutes"


def test_what_runs_cannot_be_written_by_a_person(boss: Client, schedule: PeriodicTask) -> None:
    evil = {
        "task": "celery.chord", "kwargs": '{"mode": "full"}', "args": "[1]", "queue": "ghl", "headers": "{}", "name": "x",
        "one_off": "on", "priority": "1",
    }  # fmt: skip
    saved = _saved(boss, schedule, {**EVERY, **evil})
    assert (saved.name, saved.task, json.loads(saved.kwargs)) == (schedule.name, schedule.task, {"mode": "incremental"})
    assert (saved.args, saved.queue, saved.one_off, saved.priority) == ("[]", None, False, None)


def test_nothing_is_added_or_deleted_here(boss: Client, schedule: PeriodicTask) -> None:
    assert boss.get(_url("add")).status_code == 403
    assert boss.post(_url("delete", schedule.pk), {"post": "yes"}).status_code == 403


def test_a_task_that_is_none_of_ours_cannot_be_switched_on_or_run(
    boss: Client, schedule: PeriodicTask, queued: Queued
) -> None:
    alien = PeriodicTask.objects.create(name="alien", task="celery.backend_cleanup", interval=schedule.interval, enabled=False)
    assert b"only be switched off" in boss.post(_url("change", alien.pk), EVERY).content
    assert b"none of the hub" in boss.post(_url("run_now", alien.pk), headers={"HX-Request": "true"}).content
    assert queued() == []


def test_run_now_sends_the_stored_arguments(boss: Client, nightly: PeriodicTask, queued: Queued) -> None:
    question = boss.get(_url("run_now", nightly.pk)).content.decode()
    assert "mode = reconcile" in question
    boss.post(_url("run_now", nightly.pk))
    assert queued() == [("servicetitan.sync", {"mode": "reconcile"})]
    assert LogEntry.objects.get().object_id == str(nightly.pk)


def test_an_operator_looks_only(operator: Client, schedule: PeriodicTask, queued: Queued) -> None:
    content = operator.get(_url("change", schedule.pk)).content.decode()
    assert "every 2 minutes" in content and 'name="every"' not in content
    assert operator.post(_url("change", schedule.pk), EVERY).status_code == 403
    assert operator.post(_url("run_now", schedule.pk)).status_code == 403
    assert queued() == []


def test_the_shared_rows_of_times_have_no_pages() -> None:
    for model in (SolarSchedule, ClockedSchedule, IntervalSchedule, CrontabSchedule):
        assert not admin.site.is_registered(model)


def test_when_it_runs_next(schedule: PeriodicTask, nightly: PeriodicTask) -> None:
    schedule.last_run_at = NOW - timedelta(seconds=30)
    assert next_run(schedule, NOW).words == "Next in 1 min, on Nov 23, 1:01 AM."
    nightly.last_run_at = NOW - timedelta(hours=20)
    assert next_run(nightly, NOW).words == "Next in 1 h, on Nov 23, 2:30 AM."
    schedule.enabled = False
    assert next_run(schedule, NOW).words == "Switched off: it does not run."


def test_a_schedule_that_nobody_sends_is_overdue(schedule: PeriodicTask) -> None:
    schedule.last_run_at = timezone.now() - timedelta(hours=3)
    found = next_run(schedule)
    assert found.overdue and "is the scheduler running?" in found.words
    schedule.last_run_at = timezone.now() - timedelta(minutes=4)
    assert not next_run(schedule).overdue
