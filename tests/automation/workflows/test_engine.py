"""Entering, waiting, branching, sending: each once, at its time, with the reason written down."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from automation.workflows import engine, stepping
from automation.workflows.definitions import Op
from automation.workflows.models import Effect, Run, Workflow
from automation.workflows.stepping import next_at, share_of
from config.isolation import switches
from config.isolation.actor import acting_as
from config.isolation.models import SwitchChange
from tests.automation.workflows.conftest import Desk, sms, wait
from tests.mirror import customer, estimate, load

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
SOLD = {"all": [{"field": "estimate.status", "op": "is", "value": "Sold"}]}
BIG = {"all": [{"field": "estimate.subtotal", "op": "at least", "value": 1000}]}


def arrive(desk: Desk, *ids: int, subtotal: float = 1000) -> None:
    load("customers", customer(1))
    load("estimates", *(estimate(id, 1, subtotal=subtotal) for id in ids))
    desk.listen()


def test_steps_at_their_times(desk: Desk) -> None:
    desk.workflow([sms("first"), wait("2d"), sms("second")])
    arrive(desk, 77)
    desk.go()
    assert desk.sent() == [(77, "first")]
    desk.later(days=2, seconds=-1)
    assert desk.go().runs == 0
    desk.later(seconds=1)
    desk.go()
    assert desk.sent() == [(77, "first"), (77, "second")]
    (run,) = desk.runs()
    assert (run.state, run.reason, run.due_at) == ("done", "It is through.", None)
    assert [what for what, _ in desk.why(77)] == ["entered", "wanted", "waits", "wanted", "ended"]


def test_the_goal_ends_it(desk: Desk) -> None:
    desk.workflow([wait("1d"), sms("reminder")], goal=SOLD)
    arrive(desk, 77, 78)
    desk.go()
    load("estimates", estimate(77, 1, "Sold"))
    desk.later(days=1)
    desk.go()
    assert desk.sent() == [(78, "reminder")]
    assert desk.runs(entity_id=77)[0].reason == "The goal is reached."


def test_a_record_that_is_gone_gets_nothing(desk: Desk) -> None:
    desk.workflow([wait("1d"), sms("reminder")])
    arrive(desk, 77)
    desk.go()
    with acting_as("servicetitan"), connections["servicetitan"].cursor() as cursor:
        cursor.execute("UPDATE servicetitan.st_estimates SET deleted_at = now() WHERE id = 77")
    desk.later(days=1)
    desk.go()
    assert desk.sent() == [] and desk.runs()[0].state == "stopped"


def test_branches(desk: Desk) -> None:
    desk.workflow([{"do": "branch", "if": BIG, "then": [sms("big")], "else": [sms("small")]}, sms("all")])
    arrive(desk, 77)
    arrive(desk, 78, subtotal=10)
    desk.go()
    assert sorted(desk.sent()) == [(77, "all"), (77, "big"), (78, "all"), (78, "small")]
    assert ("branch", "The condition does not hold.") in desk.why(78)


def test_waiting_for_an_event_or_a_deadline(desk: Desk) -> None:
    hear = {"do": "wait for event", "event": "estimate.sold", "at_most": "7d"}
    desk.workflow([hear, sms("after")])
    arrive(desk, 77, 78)
    desk.go()
    load("estimates", estimate(77, 1, "Sold"))
    desk.later(days=1)
    desk.listen()
    desk.go()
    assert desk.sent() == [(77, "after")] and desk.runs(entity_id=77)[0].heard is True
    desk.later(days=6, minutes=1)
    desk.go()
    assert desk.sent() == [(77, "after"), (78, "after")] and desk.runs(entity_id=78)[0].heard is False


def test_another_kind_of_record_of_the_same_customer_wakes_too(desk: Desk) -> None:
    desk.workflow([{"do": "wait for event", "event": "job.created", "at_most": "7d"}, sms("after")])
    arrive(desk, 77)
    desk.go()
    load("jobs", {"id": 5, "active": True, "customerId": 2, "jobStatus": "Hold"})
    desk.listen()
    desk.go()
    assert desk.sent() == []
    load("jobs", {"id": 6, "active": True, "customerId": 1, "jobStatus": "Hold"})
    desk.listen()
    desk.go()
    assert desk.sent() == [(77, "after")]


def test_who_does_not_enter_and_why(desk: Desk) -> None:
    desk.workflow([sms("x")], entry=BIG, newest_hours=48)
    arrive(desk, 78, subtotal=10)
    desk.go()
    assert desk.why(78) == [("kept out", "The entry condition does not hold, or the record is gone.")]
    arrive(desk, 77)
    desk.later(days=3)
    desk.go()
    assert desk.why(77) == [("kept out", "It happened more than 48 hours ago.")] and desk.sent() == []


@pytest.mark.parametrize(("reentry", "times"), [("once", 1), ("again", 2), ({"after_days": 30}, 1)])
def test_reentry(desk: Desk, reentry: Any, times: int) -> None:
    desk.workflow([sms("x")], event="estimate.sold", reentry=reentry)
    for status in ("Open", "Sold", "Open", "Sold"):
        load("estimates", estimate(77, 1, status))
        desk.listen()
        desk.go()
    assert len(desk.sent()) == times


def test_who_is_inside_does_not_enter_twice(desk: Desk) -> None:
    desk.workflow([wait("9d"), sms("x")], event="estimate.sold", reentry="again")
    for status in ("Open", "Sold", "Open", "Sold"):
        load("estimates", estimate(77, 1, status))
    desk.listen()
    desk.go()
    assert len(desk.runs()) == 1 and ("kept out", "It is inside already.") in desk.why(77)


def test_the_control_group_is_followed_and_gets_nothing(desk: Desk) -> None:
    desk.workflow([{"do": "split", "control_percent": 30}, sms("x")])
    ids = range(1, 201)
    arrive(desk, *ids)
    desk.go()
    control = {id for id in ids if share_of("test", id) < 30}
    assert 30 < len(control) < 90
    assert {id for id, _ in desk.sent()} == set(ids) - control
    assert set(Run.objects.filter(group="control").values_list("entity_id", flat=True)) == control


def test_who_is_inside_finishes_on_the_version_of_his_entry(desk: Desk) -> None:
    desk.workflow([wait("1d"), sms("old")])
    arrive(desk, 77)
    desk.go()
    desk.workflow([wait("1d"), sms("new")])
    arrive(desk, 78)
    desk.go()
    desk.later(days=1)
    desk.go()
    assert sorted(desk.sent()) == [(77, "old"), (78, "new")]


def test_switched_off_nobody_enters_and_who_is_inside_waits(desk: Desk) -> None:
    desk.workflow([wait("1d"), sms("x")])
    arrive(desk, 77)
    desk.go()
    Workflow.objects.update(enabled=False)
    arrive(desk, 78)
    desk.later(days=2)
    assert desk.go().runs == 0 and desk.sent() == []
    Workflow.objects.update(enabled=True)
    desk.go()
    assert desk.sent() == [(77, "x")]


def test_what_is_wanted_says_how_urgent_and_until_when(desk: Desk) -> None:
    desk.workflow([sms("x")], priority=70, freshness_minutes=60, expires_hours=12)
    arrive(desk, 77)
    desk.go()
    (effect,) = Effect.objects.all()
    assert (effect.kind, effect.priority, effect.freshest_minutes, effect.customer_id) == ("sms", 70, 60, 1)
    assert effect.expires_at == effect.wanted_at + timedelta(hours=12)


def test_one_bad_run_stops_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.workflow([sms("x")])
    arrive(desk, 76, 77, 78)
    real = stepping.Batch._effect

    def fails(self: Any, op: Any, definition: Any, run: Run) -> Effect:
        if run.entity_id == 77:
            raise ValueError("a bad one")
        return real(self, op, definition, run)

    monkeypatch.setattr(stepping.Batch, "_effect", fails)
    for _ in range(engine.MOST_ATTEMPTS):
        desk.go()
        desk.later(days=2)
    assert desk.sent() == [(76, "x"), (78, "x")]
    (bad,) = desk.runs(entity_id=77)
    assert (bad.state, bad.attempts) == ("failed", engine.MOST_ATTEMPTS) and "a bad one" in bad.reason
    assert [what for what, _ in desk.why(77)].count("failed") == engine.MOST_ATTEMPTS


def test_a_mended_run_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.workflow([sms("x")])
    arrive(desk, 77)
    with monkeypatch.context() as patched:
        patched.setattr(stepping.Batch, "_effect", lambda *args: 1 / 0)
        desk.go()
    desk.later(hours=1)
    desk.go()
    assert desk.sent() == [(77, "x")] and desk.runs()[0].attempts == 0


def test_held_nothing_moves_and_nobody_is_lost(desk: Desk) -> None:
    desk.workflow([sms("x")])
    arrive(desk, 77)

    def turn(mode: str) -> None:
        with acting_as("backoffice"):
            switches.turn(SwitchChange(switch="workflows", mode=mode, who="ann", why="audit"))
        switches._known.clear()

    turn("hold")
    with pytest.raises(CommandError, match="audit"):
        call_command("run_workflows", "--once", stdout=StringIO())
    assert desk.sent() == []
    turn("run")
    out = StringIO()
    call_command("run_workflows", "--once", "--json", stdout=out)
    assert '"wanted": 1' in out.getvalue() and desk.sent() == [(77, "x")]


def test_switched_off_by_the_environment(desk: Desk, settings: Settings) -> None:
    settings.WORKFLOWS_ENABLED = False
    with pytest.raises(CommandError, match="WORKFLOWS_ENABLED is false"):
        call_command("run_workflows", "--once", stdout=StringIO())


@pytest.mark.parametrize(
    ("now", "clock", "then"),
    [
        ("2026-11-23T08:59", "09:00", "2026-11-23T09:00"),
        ("2026-11-23T09:00", "09:00", "2026-11-24T09:00"),
        ("2026-03-08T01:00", "02:30", "2026-03-08T03:30"),  # the clock jumps over it
        ("2026-03-08T03:15", "02:30", "2026-03-08T03:30"),
        ("2026-03-08T03:45", "02:30", "2026-03-09T02:30"),
        ("2026-11-01T00:30", "01:30", "2026-11-01T01:30"),  # the first of two
        ("2028-02-28T23:00", "09:00", "2028-02-29T09:00"),
        ("2026-12-31T10:00", "09:00", "2027-01-01T09:00"),
    ],
)
def test_local_clock_times(now: str, clock: str, then: str) -> None:
    zone = ZoneInfo("America/New_York")
    hour, minute = map(int, clock.split(":"))
    op = Op("until", "1", clock=datetime(2026, 1, 1, hour, minute, tzinfo=UTC).time())
    with timezone.override(zone):
        found = next_at(op, datetime.fromisoformat(now).replace(tzinfo=zone).astimezone(UTC))
    assert found.astimezone(zone).strftime("%Y-%m-%dT%H:%M") == then


def test_a_clock_that_jumps_back_sends_nothing_twice(desk: Desk) -> None:
    desk.workflow([sms("a"), wait("1d"), sms("b")])
    arrive(desk, 77)
    desk.go()
    desk.later(days=1)
    desk.go()
    desk.later(days=-5)
    desk.go()
    desk.later(days=9)
    desk.go()
    assert desk.sent() == [(77, "a"), (77, "b")]


def test_a_tick_costs_what_is_due(desk: Desk) -> None:
    """The plan reads the index of what is due, however many wait."""
    one = desk.workflow([wait("9d"), sms("x")])
    with connections["automation"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO automation.workflow_events (key, kind, entity, entity_id, happened_at, noted_at, data) "
            "SELECT 'e' || n, 'x', 'estimate', n, now(), now(), '{}' FROM generate_series(1, 20000) n"
        )
        cursor.execute(
            'INSERT INTO automation.workflow_runs (workflow_id, version_id, event_id, entity, entity_id, state, "group", step, '
            "due_at, waits_for, attempts, reason, started_at) "
            "SELECT %s, %s, id, 'estimate', entity_id, 'active', 'treated', 1, %s, '', 0, '', now() "
            "FROM automation.workflow_events",
            [one.workflow.pk, one.version.pk, desk.now + timedelta(days=9)],
        )
        with connections["owner"].cursor() as owner:  # as autovacuum does; only an owner may
            owner.execute("ANALYZE automation.workflow_runs")
        query, values = (
            Run.objects.filter(workflow=one.workflow.pk, state="active", due_at__lte=desk.now)
            .order_by("due_at", "id")[:200].query.sql_with_params()
        )  # fmt: skip
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", values)
        plan = cursor.fetchone()[0][0]["Plan"]
    assert "workflow_runs_due" in str(plan)
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 20
