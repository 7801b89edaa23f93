"""Whose turn it is: who has been due for longest, in the workflows that are on. And who is never given up."""

from datetime import timedelta

import pytest
from django.db import connections

from automation.workflows import engine
from automation.workflows.models import Event, Run, Version, Workflow
from tests.automation.workflows.conftest import Desk, sms, wait
from tests.mirror import customer, estimate, load

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def inside(desk: Desk, name: str, *ids: int, due: float) -> None:
    """Runs at the first step, due so many minutes from now."""
    version = Version.objects.filter(workflow__name=name).latest("number")
    load("estimates", *(estimate(id, 1) for id in ids))
    for id in ids:
        about = {"entity": "estimate", "entity_id": id, "customer_id": 1}
        event = Event.objects.create(
            key=f"{name}:{id}", kind="estimate.created", happened_at=desk.now, noted_at=desk.now, handled_at=desk.now, **about
        )
        at = desk.now + timedelta(minutes=due)
        Run.objects.create(workflow=version.workflow, version=version, event=event, due_at=at, started_at=desk.now, **about)


def test_none_waits_behind_all_of_another(desk: Desk) -> None:
    for name in "abc":
        desk.workflow([sms(name)], name=name)
    inside(desk, "a", *range(1, 9), due=-10)
    inside(desk, "b", 11, due=-20)
    inside(desk, "c", 21, due=-5)
    assert [engine.tick(desk.now, 3).runs for _ in range(5)] == [3, 3, 3, 1, 0]
    assert sorted(desk.sent()[:3]) == [(1, "a"), (2, "a"), (11, "b")]
    assert {id for id, _ in desk.sent()} == {*range(1, 9), 11, 21}


def test_a_batch_takes_of_several_workflows_and_no_more_than_it_may(desk: Desk) -> None:
    for name in "ab":
        desk.workflow([sms(name)], name=name)
        inside(desk, name, *(range(1, 3)), due=-1)
    assert engine.tick(desk.now, 3).runs == 3 and engine.tick(desk.now, 3).runs == 1


def test_who_is_due_in_one_that_is_switched_off_is_not_even_looked_at(desk: Desk) -> None:
    one, other = (desk.workflow([wait("1d"), sms("x")], name=name) for name in ("on", "off"))
    with connections["automation"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO automation.workflow_events (key, kind, entity, entity_id, happened_at, noted_at, data, handled_at) "
            "SELECT 'e' || n, 'x', 'estimate', n, now(), now(), '{}', now() FROM generate_series(1, 20000) n"
        )
        cursor.execute(
            'INSERT INTO automation.workflow_runs (workflow_id, version_id, event_id, entity, entity_id, state, "group", step, '
            "due_at, waits_for, attempts, reason, started_at) "
            "SELECT %s, %s, id, 'estimate', entity_id, 'active', 'treated', 1, %s, '', 0, '', now() "
            "FROM automation.workflow_events",
            [other.workflow.pk, other.version.pk, desk.now - timedelta(days=1)],
        )
        Workflow.objects.filter(pk=other.workflow.pk).update(enabled=False)
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {engine._OLDEST}", [[one.workflow.pk], desk.now])
        plan = cursor.fetchone()[0][0]["Plan"]
    assert "workflow_runs_due" in str(plan)
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 20
    assert engine.tick(desk.now).runs == 0


def test_a_version_that_nobody_here_can_read_waits_for_a_hub_that_can(desk: Desk) -> None:
    one = desk.workflow([sms("x")], name="a")
    load("customers", customer(1))
    inside(desk, "a", 1, 2, due=-1)
    content = {"name": "a", "steps": [{"do": "fly"}]}
    newer = Version.objects.create(workflow=one.workflow, number=2, trigger="estimate.created", made_at=desk.now, content=content)
    Run.objects.filter(entity_id=1).update(version=newer)
    for _ in range(engine.MOST_ATTEMPTS + 2):
        desk.go()
        desk.later(hours=3)
    assert desk.sent() == [(2, "x")]
    (run,) = desk.runs(entity_id=1)
    assert (run.state, run.attempts) == ("active", 0) and "cannot be read by this hub" in run.reason
    Run.objects.filter(entity_id=1).update(version=one.version)
    desk.go()
    assert desk.sent() == [(2, "x"), (1, "x")]
    assert desk.runs(entity_id=1)[0].reason == "It is through."
