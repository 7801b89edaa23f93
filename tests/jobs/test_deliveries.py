"""A task runs once a slot, at most three times, and never again once it is done."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from celery.schedules import crontab, schedule
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from config.celery import app, queue_of
from config.isolation.actor import acting_as, acting_unit
from config.jobs import beat
from config.jobs.beat import make_defaults, slot
from config.jobs.deliveries import MOST_DELIVERIES, claim
from config.jobs.schedules import registered
from config.jobs.tasks import DUE, ID, SCHEDULE, UnitTask
from servicetitan.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def claimed(**values: object) -> bool:
    with acting_as("servicetitan"):
        given = {"id": uuid4(), "task": "servicetitan.probe", "arguments": "{}", "worker": "w"} | values
        return claim(Delivery, **given)  # type: ignore[arg-type]


def test_a_delivery_runs_and_once_done_never_again() -> None:
    id = uuid4()
    assert claimed(id=id)
    Delivery.objects.using("servicetitan").filter(pk=id).update(state="done")
    assert not claimed(id=id)


def test_a_task_whose_worker_died_runs_again_and_at_last_no_more() -> None:
    id = uuid4()
    assert [claimed(id=id) for _ in range(MOST_DELIVERIES)] == [True] * MOST_DELIVERIES
    assert not claimed(id=id)
    row = Delivery.objects.get(pk=id)
    assert row.state == "dead"
    assert "its worker ended each time" in row.error
    assert not claimed(id=id)


def test_a_second_scheduler_doubles_nothing() -> None:
    assert claimed(schedule="nightly", due_at=NOON)
    assert not claimed(schedule="nightly", due_at=NOON)
    assert claimed(schedule="nightly", due_at=NOON + timedelta(days=1))
    assert claimed(schedule="another", due_at=NOON)


def test_a_scheduled_task_that_comes_again_after_its_worker_died_keeps_its_slot() -> None:
    id = uuid4()
    assert claimed(id=id, schedule="nightly", due_at=NOON)
    assert claimed(id=id, schedule="nightly", due_at=NOON)


class TestSlots:
    def test_two_schedulers_out_of_step_share_the_slot_of_an_interval(self) -> None:
        every = schedule(timedelta(minutes=2))
        assert slot(every, NOON + timedelta(seconds=10)) == slot(every, NOON + timedelta(seconds=110)) == NOON

    def test_one_schedulers_next_run_is_in_another_slot(self) -> None:
        every = schedule(timedelta(minutes=2))
        moment = NOON + timedelta(seconds=119.9)
        for _ in range(50):
            following = moment + timedelta(seconds=120.001)
            assert slot(every, moment) != slot(every, following)
            moment = following

    def test_a_clock_time_is_its_minute(self) -> None:
        assert slot(crontab(hour="2", minute="30"), NOON + timedelta(seconds=31)) == NOON


def test_defaults_are_made_once_and_peoples_changes_stay() -> None:
    assert set(make_defaults()) == {entry.name for entry in registered()}
    PeriodicTask.objects.filter(name="ServiceTitan: what changed").update(enabled=False)
    assert make_defaults() == []
    assert not PeriodicTask.objects.get(name="ServiceTitan: what changed").enabled
    changed = PeriodicTask.objects.get(name="ServiceTitan: what changed")
    assert changed.interval is not None and changed.interval.every == 120
    nightly = CrontabSchedule.objects.get(hour="2", minute="30")
    assert str(nightly.timezone) == "America/Phoenix"


def test_the_scheduler_sends_nothing_that_nobody_owns() -> None:
    make_defaults()
    beat.SlotScheduler(app=app, lazy=True).setup_schedule()
    assert {entry.task for entry in PeriodicTask.objects.all()} == {entry.task for entry in registered()}


def test_the_scheduler_stamps_what_it_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    make_defaults()
    sent: list[dict[str, str]] = []
    scheduler = beat.SlotScheduler(app=app, lazy=True)
    monkeypatch.setattr(app, "send_task", lambda *a, headers, **k: sent.append(headers))
    app.loader.import_default_modules()  # what is imported meanwhile would be missing afterwards
    monkeypatch.setattr(app, "_tasks", {})
    scheduler.setup_schedule()
    scheduler.apply_async(scheduler.schedule["ServiceTitan: what changed"], advance=False)  # as its tick does
    headers = sent[0]
    assert headers[SCHEDULE] == "ServiceTitan: what changed"
    assert datetime.fromisoformat(headers[DUE]) <= datetime.now(UTC)
    assert len(headers[ID]) == 32


def test_a_task_goes_to_its_units_queue() -> None:
    assert queue_of("servicetitan.sync") == {"queue": "servicetitan"}


def test_a_task_acts_as_its_unit_and_keeps_its_books() -> None:
    seen = []

    @app.task(name="servicetitan.probe", deliveries=Delivery, bind=True)
    def probe(self: UnitTask, fail: bool = False) -> None:
        seen.append(acting_unit().name)
        if fail:
            raise ValueError("of the test")

    probe.apply(kwargs={})
    with pytest.raises(ValueError, match="of the test"):
        probe.apply(kwargs={"fail": True}, throw=True)
    assert seen == ["servicetitan", "servicetitan"]
    assert sorted(Delivery.objects.values_list("state", "error")) == [("done", ""), ("failed", "ValueError: of the test")]
