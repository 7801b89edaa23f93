"""Several processes decide about events at once: nobody enters twice, nobody is lost, and nothing fails."""

import contextvars
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from automation.workflows import entering
from automation.workflows.engine import tick
from automation.workflows.events import ALIAS
from automation.workflows.models import Event
from tests.automation.workflows.conftest import Desk, sms, wait
from tests.mirror import customer, estimate, load

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def note(desk: Desk, number: int, kind: str = "estimate.created", **more: Any) -> Event:
    about = {"entity": "estimate", "entity_id": 77, "customer_id": 1, "happened_at": desk.now, "noted_at": desk.now}
    return Event.objects.create(key=f"e{number}", kind=kind, **(about | more))


@pytest.mark.parametrize("reentry", ["once", "again"])
def test_two_events_of_one_record_at_two_processes(desk: Desk, monkeypatch: pytest.MonkeyPatch, reentry: str) -> None:
    """The second is left to whoever is at the first."""
    desk.workflow([sms("x"), wait("1d"), sms("y")], reentry=reentry)
    load("customers", customer(1))
    load("estimates", estimate(77, 1))
    note(desk, 1), note(desk, 2)
    monkeypatch.setattr(entering, "AT_A_TIME", 1)

    def other() -> int:
        try:
            return entering.enter(desk.now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool, transaction.atomic(using=ALIAS):
        assert entering.enter(desk.now) == 1
        assert pool.submit(contextvars.copy_context().run, other).result() == 0
    desk.go()
    assert len(desk.runs()) == 1 and desk.sent() == [(77, "x")]
    assert ("kept out", "It is inside already.") in desk.why(77)


def test_who_went_on_meanwhile_and_waits_for_something_else_is_not_woken(desk: Desk) -> None:
    """The deadline has passed and a worker has him; an event comes that he no longer waits for once that worker is done."""
    first, second = ({"do": "wait for event", "event": f"estimate.{what}", "at_most": "1d"} for what in ("sold", "dismissed"))
    desk.workflow([first, second, sms("x")])
    load("customers", customer(1))
    load("estimates", estimate(77, 1))
    note(desk, 1)
    desk.go()
    desk.later(days=1)
    note(desk, 2, "estimate.sold")

    def other() -> int:
        try:
            return entering.enter(desk.now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(using=ALIAS):
            tick(desk.now)
            waits = pool.submit(contextvars.copy_context().run, other)
            _until_it_waits()
        assert waits.result() == 1
    (run,) = desk.runs()
    assert (run.waits_for, run.heard, run.due_at) == ("estimate.dismissed", False, desk.now + timedelta(days=1))


def _until_it_waits() -> None:
    with connections["owner"].cursor() as cursor:
        for _ in range(400):
            cursor.execute("SELECT count(*), pg_sleep(0.02) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("it waits for nobody")
