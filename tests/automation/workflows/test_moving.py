"""Who is inside goes over to the newest version: to the right place, with the right words, and nothing comes twice."""

import json
from collections.abc import Sequence
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automation.workflows import moving
from automation.workflows.models import Effect, Event, Run, Trace, Version, Workflow
from automation.workflows.moving import SENT_BEFORE
from automation.workflows.stored import Current
from config.isolation.actor import acting_as
from tests.automation.workflows.conftest import Desk, sms
from tests.automation.workflows.programs import BIGGER, DAY, PROGRAMS_AS_WRITTEN, TWO, WEEK, A, B, C, D, Steps, branch
from tests.mirror import customer, estimate, load

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def inside(desk: Desk, steps: Steps, *ids: int, **more: Any) -> Current:
    """These have entered, and wait."""
    one = desk.workflow(steps, **more)
    load("customers", customer(1))
    load("estimates", *(estimate(id, 1) for id in ids))
    desk.listen()
    desk.go()
    return one


def test_moved_they_go_on_with_the_new_version(desk: Desk) -> None:
    one = inside(desk, [A, DAY, B], 77, 78)
    desk.workflow([A, DAY, C, WEEK, D], goal={"all": [{"field": "estimate.status", "op": "is", "value": "Sold"}]}, priority=70)
    due = desk.runs()[0].due_at
    assert moving.move(one.workflow, desk.now, "x") == 2
    assert [(run.version.number, run.step, run.due_at) for run in desk.runs()] == [(2, 2, due)] * 2
    assert desk.why(77)[-1] == ("moved", "From version 1, behind step 2 (wait 1d), to version 2, behind step 2 (wait 1d). By x.")
    assert moving.move(one.workflow, desk.now, "x") == 0
    load("estimates", estimate(78, 1, "Sold"))
    for _ in range(3):
        desk.later(days=8)
        desk.go()
    assert desk.sent() == [(77, "a"), (78, "a"), (77, "c"), (77, "d")]
    assert Effect.objects.get(template="c").priority == 70
    assert desk.runs(entity_id=78)[0].reason == "The goal is reached."


def test_steps_of_two_versions_never_make_one_key(desk: Desk) -> None:
    """Step 3 sends in both versions, to one who takes it in both."""
    one = inside(desk, [A, DAY, B, C, TWO, D], 77)
    desk.later(days=1)
    desk.go()
    desk.workflow([sms("e"), DAY, TWO, sms("f"), D])
    assert moving.move(one.workflow, desk.now, "ann") == 1
    desk.later(days=9)
    desk.go()
    assert [template for _, template in desk.sent()] == ["a", "b", "c", "f", "d"]
    assert len(set(Effect.objects.values_list("key", flat=True))) == 5


def test_who_would_be_sent_something_again_stays(desk: Desk) -> None:
    one = inside(desk, [{"do": "split", "control_percent": 50}, A, DAY, B], *range(1, 21))
    desk.workflow([{"do": "split", "control_percent": 50}, DAY, B, A])
    controls = set(Run.objects.filter(group="control").values_list("entity_id", flat=True))
    (group,) = moving.plan(one.workflow, desk.now).groups
    assert 0 < len(controls) < 20 and (group.runs, group.staying, group.why_not) == (20, 20 - len(controls), SENT_BEFORE)
    assert moving.move(one.workflow, desk.now, "ann") == len(controls)
    assert set(Run.objects.filter(version__number=2).values_list("entity_id", flat=True)) == controls
    desk.later(days=9)
    desk.go()
    assert sorted(desk.sent()) == sorted((id, name) for id in set(range(1, 21)) - controls for name in "ab")


@pytest.mark.parametrize("new", [[DAY, B, A], [A, DAY, A], [DAY, B, TWO, branch([C], [A])], [A, TWO, A, B, A]])
def test_not_by_any_step(desk: Desk, new: Steps) -> None:
    one = inside(desk, [A, DAY, B], 77)
    desk.workflow(new)
    assert moving.move(one.workflow, desk.now, "ann") == 0
    desk.later(days=9)
    desk.go()
    assert desk.sent() == [(77, "a"), (77, "b")]


def test_the_same_name_by_another_channel_is_another_message(desk: Desk) -> None:
    one = inside(desk, [A, DAY, B], 77)
    desk.workflow([A, DAY, {"do": "send email", "template": "a"}])
    assert moving.move(one.workflow, desk.now, "ann") == 1


def test_a_wait_goes_on_as_it_was_begun(desk: Desk) -> None:
    one = inside(desk, [{"do": "wait for event", "event": "estimate.sold", "at_most": "7d"}, A], 77, 78)
    desk.workflow([WEEK, {"do": "wait for event", "event": "estimate.sold", "at_most": "2d"}, B, A])
    assert moving.move(one.workflow, desk.now, "ann") == 2
    load("estimates", estimate(77, 1, "Sold"))
    desk.listen()
    desk.go()
    assert desk.sent() == [(77, "a")]
    desk.later(days=7)
    desk.go()
    assert desk.sent() == [(77, "a"), (78, "a")]


def test_the_plan_in_words(desk: Desk) -> None:
    one = inside(desk, [A, DAY, branch([B, TWO, C], [D])], 77)
    desk.later(days=1)
    desk.go()
    load("estimates", estimate(78, 1))
    desk.listen()
    desk.go()
    desk.workflow([A, DAY, branch([B, TWO, sms("e")], [D], BIGGER)], priority=60, freshness_minutes=5, expires_hours=48)
    plan = moving.plan(one.workflow, desk.now + timedelta(days=1))
    first, second = plan.groups
    assert (first.version, first.step, first.runs, first.due, first.staying) == (1, 2, 1, 1, 0)
    assert (first.stands, first.goes) == ("behind step 2 (wait 1d)", "behind step 2 (wait 1d)")
    assert first.gains == ("sms e", "branch: estimate.subtotal at least 2000")
    assert first.loses == ("sms c", "branch: estimate.subtotal at least 1000")
    assert (second.stands, second.goes, second.due) == ("behind step 3.then.2 (wait 2d)", "behind step 3.then.2 (wait 2d)", 0)
    assert (second.gains, second.loses) == (("sms e",), ("sms c",))
    assert plan.changes == ("From version 1: priority: 50 becomes 60; freshness: none becomes 5; expiry: none becomes 2d.",)
    assert (plan.version, plan.moving, plan.capped) == (2, 2, False)


def test_who_would_end_and_whose_step_is_gone(desk: Desk) -> None:
    one = inside(desk, [A, DAY, B, C], 77)
    desk.workflow([A, TWO, C])
    assert moving.plan(one.workflow, desk.now).groups[0].goes == "behind step 2 (wait 2d); the step it stood at is gone"
    desk.workflow([A, D])
    (group,) = moving.plan(one.workflow, desk.now).groups
    assert (group.goes, group.loses) == ("at the end; the step it stood at is gone", ("sms b", "sms c"))
    moving.move(one.workflow, desk.now, "ann")
    desk.later(days=1)
    desk.go()
    assert desk.sent() == [(77, "a")] and desk.runs()[0].state == "done"


def test_only_where_asked_and_from_several_versions(desk: Desk) -> None:
    one = inside(desk, [DAY, A], 77)
    inside(desk, [DAY, B], 78)
    inside(desk, [DAY, B, TWO, C], 79)
    desk.workflow([DAY, D])
    assert moving.move(one.workflow, desk.now, "ann", groups=[(2, 1), (9, 1), (3, 0)]) == 1
    assert desk.runs(version__number=4)[0].entity_id == 78
    assert [group.version for group in moving.plan(one.workflow, desk.now).groups] == [1, 3]
    assert moving.move(one.workflow, desk.now, "ann", groups=[]) == 0
    assert moving.move(one.workflow, desk.now, "ann", batch=1) == 2


def test_what_cannot_be_understood_or_is_about_something_else_stays(desk: Desk) -> None:
    one = inside(desk, [DAY, A], 77)
    desk.workflow([DAY, A], event="job.completed")
    plan = moving.plan(one.workflow, desk.now)
    assert (plan.moving, plan.groups[0].why_not) == (0, "It is about estimates, and the newest about jobs.")
    assert moving.move(one.workflow, desk.now, "ann") == 0
    desk.workflow([DAY, A, B])
    Version.objects.using("owner").filter(number=1).update(content={"from": "the future"})
    assert "cannot be read" in moving.plan(one.workflow, desk.now).groups[0].why_not
    assert moving.move(one.workflow, desk.now, "ann") == 0 and desk.runs()[0].version.number == 1


def test_who_has_ended_or_is_just_being_advanced_is_left(desk: Desk) -> None:
    one = inside(desk, [DAY, A], 76, 77, 78)
    Run.objects.filter(entity_id=76).update(state="stopped", due_at=None)
    desk.workflow([DAY, B])
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM automation.workflow_runs WHERE entity_id = 77 FOR UPDATE")
        assert moving.move(one.workflow, desk.now, "ann") == 1
    assert moving.move(one.workflow, desk.now, "ann") == 1
    assert {run.entity_id for run in desk.runs(version__number=2)} == {77, 78}


def test_broken_off_it_is_whole_batches_and_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one = inside(desk, [DAY, A], *range(1, 8))
    desk.workflow([DAY, B])
    real = moving._store

    def fails(runs: Sequence[Run], *others: Any) -> None:
        real(runs, *others)
        if 5 in {run.entity_id for run in runs}:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(moving, "_store", fails)
        with pytest.raises(KeyboardInterrupt):
            moving.move(one.workflow, desk.now, "ann", batch=3)
    assert Run.objects.filter(version__number=2).count() == Trace.objects.filter(what="moved").count() == 3
    assert moving.move(one.workflow, desk.now, "ann", batch=3) == 4
    assert Trace.objects.filter(what="moved").count() == 7


def test_a_plan_counts_only_so_far(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one = inside(desk, [DAY, A], 77, 78, 79)
    desk.workflow([DAY, B])
    monkeypatch.setattr(moving, "MOST", 2)
    plan = moving.plan(one.workflow, desk.now)
    assert (plan.groups[0].runs, plan.capped) == (2, True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=PROGRAMS_AS_WRITTEN.map(lambda steps: [A, DAY, *steps]), data=st.data(), ticks=st.integers(0, 3))
def test_after_any_move_nothing_comes_that_came(desk: Desk, old: Steps, data: st.DataObject, ticks: int) -> None:
    """By the engine itself: some way into the old version, over to one in another order or a new one, and on to the end."""
    new = data.draw(st.permutations(old) | PROGRAMS_AS_WRITTEN)
    if not Event.objects.exists():
        load("estimates", *(estimate(id, 1) for id in range(1, 31)))
    number = Event.objects.count() + 1
    one = desk.workflow(old, name=f"example-{number}")
    Event.objects.create(
        key=f"{number}", kind="estimate.created", entity="estimate", entity_id=number % 30 + 1, customer_id=1,
        happened_at=desk.now, noted_at=desk.now,
    )  # fmt: skip
    desk.go()
    for _ in range(ticks):
        desk.later(days=1)
        desk.go()
    two = desk.workflow(new, name=f"example-{number}")
    moving.move(one.workflow, desk.now, "ann")
    for _ in range(60):
        desk.later(days=2)
        if not desk.go().runs and not Run.objects.filter(workflow=one.workflow, state="active").exists():
            break
    (run,) = Run.objects.filter(workflow=one.workflow)
    assert run.state in ("done", "stopped")
    rows = list(Effect.objects.filter(run=run).values_list("key", "kind", "template"))
    first = {(kind, template) for key, kind, template in rows if f":{one.version.pk}:" in key}
    then = {(kind, template) for key, kind, template in rows if f":{two.version.pk}:" in key and two.version.pk != one.version.pk}
    assert not first & then
    Workflow.objects.update(enabled=False)


def test_by_command(desk: Desk) -> None:
    def command(*arguments: str) -> str:
        out = StringIO()
        call_command("run_workflows", *arguments, stdout=out)
        return out.getvalue()

    inside(desk, [A, DAY, B], 77, 78)
    assert command("--move=test") == "test: nobody is inside on an older version than 1.\n0 moved.\n"
    desk.workflow([A, DAY, C])
    told = command("--move=test", "--dry-run")
    assert told.startswith("test, to version 2: 2 would move.\n  version 1, behind step 2 (wait 1d): 2\n")
    assert "no longer: sms b" in told and "moved." not in told
    found = json.loads(command("--move=test", "--dry-run", "--json"))
    assert (found["moved"], found["plan"]["moving"], found["plan"]["groups"][0]["gains"]) == (None, 2, ["sms c"])
    assert not desk.runs(version__number=2)
    assert command("--move=test").endswith("\n2 moved.\n")
    with pytest.raises(CommandError, match="--dry-run goes with --move"):
        command("--once", "--dry-run")
    with pytest.raises(CommandError, match="There is no workflow"):
        command("--move=nothing")


def test_whoever_only_reads_sees_the_plan_too(desk: Desk) -> None:
    one = inside(desk, [DAY, A], 77)
    desk.workflow([DAY, B])
    with acting_as("backoffice"):
        assert moving.plan(one.workflow, desk.now).moving == 1
