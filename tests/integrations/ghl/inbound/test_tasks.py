"""The tasks that look at GoHighLevel: one worker at a time, nothing left behind, and a row of what was found."""

import json
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from config.jobs import schedules
from config.jobs.lease import new_holder
from integrations.ghl import inbound, inbound_tasks
from integrations.ghl.models import Contact, GhlDelivery, SyncRun
from integrations.ghl.push.keep import LEASES
from tests.integrations.ghl.inbound.conftest import QUEUE
from tests.integrations.ghl.inbound.test_inbound import Meanwhile
from tests.integrations.ghl.pushed import Hub

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture(autouse=True)
def queue(hub: Hub) -> Iterator[None]:
    yield
    with redis.Redis.from_url(django_settings.REDIS_URL) as bus:
        bus.delete(QUEUE)


def sent() -> list[str]:
    with redis.Redis.from_url(django_settings.REDIS_URL) as bus:
        return [json.loads(message)["headers"]["task"] for message in bus.lrange(QUEUE, 0, -1)]


def test_the_worker_works_off_what_came(hub: Hub) -> None:
    hub.hear("ContactUpdate", hub.contact(1).ghl_id)
    inbound_tasks.inbound_events(trigger="webhook")
    assert hub.open_events() == 0
    assert [(d.task, d.state) for d in GhlDelivery.objects.filter(task="ghl.inbound")] == [("ghl.inbound", "done")]


def test_while_one_is_at_it_another_leaves_it_alone(hub: Hub) -> None:
    hub.hear("ContactUpdate", hub.contact(1).ghl_id)
    fence = LEASES.take("inbound", new_holder(), 0)
    inbound_tasks.inbound_events()
    assert hub.open_events() == 1
    LEASES.release("inbound", fence)
    inbound_tasks.inbound_events()
    assert hub.open_events() == 0


def test_what_comes_while_it_works_is_not_left(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own wake-up found the worker busy."""
    hub.hear("ContactUpdate", hub.contact(1).ghl_id)

    def meanwhile() -> None:
        hub.hear("ContactUpdate", hub.contact(2).ghl_id)
        inbound_tasks.inbound_events()

    Meanwhile(monkeypatch, meanwhile)
    inbound_tasks.inbound_events()
    assert hub.open_events() == 0


def test_a_flood_is_cut_into_short_tasks(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbound_tasks, "SLICE_S", 0.0)
    for number in (1, 2, 3):
        hub.hear("ContactUpdate", hub.contact(number).ghl_id)
    inbound_tasks.inbound_events()
    assert sent() == ["ghl.inbound"]


def test_very_many_echoes_ask_for_the_list(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbound, "MANY_OPEN", 1)
    ids = list(Contact.objects.values_list("ghl_id", flat=True))
    for id in ids:
        event = hub.hear("ContactCreate", id)
        Contact.objects.filter(ghl_id=id).update(sent_at=event.received_at)
    inbound_tasks.inbound_events()
    assert (hub.open_events(), sent()) == (3, ["ghl.reconcile"])


def test_not_set_up_yet_is_no_failure(hub: Hub, settings: Settings) -> None:
    settings.GHL_API_TOKEN = settings.GHL_OAUTH_CLIENT_ID = ""
    inbound_tasks.inbound_events()
    inbound_tasks.reconcile()
    assert not SyncRun.objects.filter(mode="reconcile").exists()


def test_the_day_s_calls_used_up_are_no_failure(hub: Hub) -> None:
    hub.vendor.fault({"action": "throttle", "retry_after": "daily", "times": 0})
    hub.hear("ContactUpdate", hub.contact(1).ghl_id)
    inbound_tasks.inbound_events()
    inbound_tasks.reconcile()
    assert hub.open_events() == 1
    assert SyncRun.objects.get(mode="reconcile").state == "waiting"


def test_a_comparison_leaves_a_row(hub: Hub) -> None:
    hub.vendor.human("delete_contact", id=hub.contact(1).ghl_id)
    hub.vendor.human("edit_contact", id=hub.contact(2).ghl_id, city="Troy")
    inbound_tasks.reconcile()
    run = SyncRun.objects.get(mode="reconcile")
    assert (run.state, run.error, run.looked_at, run.updated, run.conflicts) == ("succeeded", "", 3, 1, 1)
    assert run.finished_at is not None and run.api_calls >= 3
    assert [entry.record_id for entry in run.records.all()] == [1]


def test_a_comparison_that_cannot_be_made_says_why(hub: Hub) -> None:
    hub.vendor.fault({"action": "unauthorized", "times": 0})
    inbound_tasks.reconcile()
    run = SyncRun.objects.get(mode="reconcile")
    assert run.state == "failed" and "GHL_API_TOKEN" in run.error


def test_both_run_by_themselves() -> None:
    assert {"ghl.inbound", "ghl.reconcile"} <= {schedule.task for schedule in schedules.registered()}
