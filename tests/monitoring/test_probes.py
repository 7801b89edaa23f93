"""What the units' probes say of their own tables."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.isolation import switches
from config.isolation.actor import acting_as
from config.isolation.models import Proof, SwitchChange
from config.jobs import alive
from config.jobs.queue import send
from config.monitoring.probes import Reading, State, nodes, registered
from integrations.ghl import models as ghl
from servicetitan import models as st
from tests.backoffice.conftest import drain
from tests.mirror import customer, load, wait_for_changes

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
Read = Callable[[str], Reading]


@pytest.fixture
def read() -> Read:
    """How a node stands, by its name."""
    switches.publish()
    alive.tell()

    def reading(name: str) -> Reading:
        check = next(check for check in registered() if name in [node.name for node in check.nodes])
        with acting_as("monitor"):
            return check.read(timezone.now())[name]

    return reading


def ago(**parts: float) -> datetime:
    return datetime.now(UTC) - timedelta(**parts)


def call(model: Any, **values: Any) -> None:
    usual = {"at": ago(seconds=5), "method": "GET", "path": "/x", "milliseconds": 5, "bytes": 1, "attempt": 1, "error": ""}
    model.objects.create(**{**usual, **values})


def test_a_feed_is_held_to_its_promise(read: Read) -> None:
    with acting_as("servicetitan"):
        st.SyncCursor.objects.create(entity="jobs", last_success_at=ago(minutes=5))
        st.SyncCursor.objects.create(entity="invoices", last_success_at=ago(hours=2))
        st.SyncCursor.objects.create(entity="job_types", last_success_at=ago(hours=2))
    assert read("feed.jobs").state == State.OK
    assert read("feed.invoices").state == State.BAD and "120 min old; 30 are promised" in read("feed.invoices").text
    assert read("feed.job_types").state == State.OK, "lists are read once a day"
    assert read("feed.customers").state == State.OK, "a hub that has just begun is no outage"


def test_a_feed_says_how_its_last_run_ended(read: Read) -> None:
    about = {"run": uuid4(), "entity": "jobs", "mode": "incremental", "trigger": "test", "started_at": ago(minutes=5)}
    with acting_as("servicetitan"):
        st.SyncCursor.objects.create(entity="jobs", last_success_at=ago(minutes=5))
        st.SyncLog.objects.create(**about, state="braked")
        st.SyncLog.objects.create(**about, state="running")
        st.SyncLog.objects.create(**{**about, "entity": "estimates"}, state="succeeded")
    assert read("feed.jobs").state == State.WARNING and "waits for a person" in read("feed.jobs").text
    with acting_as("servicetitan"):
        st.SyncLog.objects.create(**about, state="failed")
        assert "Its last run failed." in read("feed.jobs").text
        st.SyncLog.objects.create(**about, state="succeeded")
    assert read("feed.jobs").state == State.OK


def test_a_vendor_and_a_login(read: Read) -> None:
    with acting_as("servicetitan"):
        for status in (200, None, 503, None, 500):
            call(st.ApiCall, api="SERVICETITAN_API_URL", status=status)
        call(st.ApiCall, api="SERVICETITAN_AUTH_URL", status=401)
    assert read("servicetitan.api").state == State.BAD and "4 of the last 6" in read("servicetitan.api").text
    assert read("servicetitan.token").state == State.BAD
    with acting_as("servicetitan"):
        call(st.ApiCall, api="SERVICETITAN_AUTH_URL", status=200)
    assert read("servicetitan.token").state == State.OK
    with acting_as("ghl"):
        call(ghl.ApiCall, api="GHL_API_URL", status=401)
    assert read("ghl.token").state == State.BAD


def test_rejects_are_counted(read: Read) -> None:
    assert read("servicetitan.rejects").state == State.OK
    with acting_as("servicetitan"):
        st.SyncReject.objects.create(
            entity="jobs", record_id="7", reason="odd", payload="{}", first_seen_at=ago(), last_tried_at=ago()
        )
    assert read("servicetitan.rejects") == Reading(State.WARNING, "1 records could not be loaded.", {"rejects": 1.0})


def test_a_worker_that_gives_no_sign_of_life(read: Read, settings: Settings) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        key, node = alive.worker_key("st_workflow_worker"), "process.st_workflow_worker"
        client.set(key, str(ago(seconds=60).timestamp()))
        try:
            assert read(node).state == State.BAD and "sign of life was 60 s ago" in read(node).text
            assert read("process.st_sync_worker").state == State.OK, "it has not been started here"
            alive.tell_of_worker("st_workflow_worker", client)
            assert read(node).state == State.OK
        finally:
            client.delete(key)


def test_a_process_explains_the_workers_in_it() -> None:
    needs = nodes(registered())
    assert "process.st_workflow_worker" in needs["worker.ghl"].needs
    assert "process.st_workflow_worker" in needs["worker.automation"].needs
    assert "process.api_worker" in needs["worker.salesforce"].needs


def test_a_worker_that_takes_up_nothing(read: Read) -> None:
    """It may answer all it wants."""
    assert read("worker.ghl").state == State.OK, "nothing was asked for yet"
    send("ghl.sync")
    assert read("worker.ghl").state == State.BAD and "1 wait" in read("worker.ghl").text
    drain("ghl")
    with acting_as("ghl"):
        ghl.GhlDelivery.objects.create(id="0" * 31 + "1", task="ghl.sync", started_at=ago(minutes=20))
        assert read("worker.ghl").state == State.BAD and "20 min ago" in read("worker.ghl").text
        ghl.GhlDelivery.objects.create(id="0" * 31 + "2", task="ghl.sync", started_at=ago(seconds=20))
    assert read("worker.ghl").state == State.OK


def test_changes_that_nobody_reads(read: Read) -> None:
    load("customers", customer(1))
    with acting_as("ghl"):
        ghl.FeedPosition.objects.create(consumer="ghl", txid=0, change_id=0)
    wait_for_changes()
    found = read("ghl.lag")
    assert found.state == State.OK and found.figures["unread"] == 1.0


def test_what_waits_for_gohighlevel(read: Read) -> None:
    with acting_as("ghl"):
        ghl.Contact.objects.create(st_customer_id=1, due_at=ago(hours=2))
        assert read("ghl.backlog").state == State.BAD
        ghl.SyncLog.objects.create(at=ago(seconds=5), kind="contact", record_id=2, act="update", state="sent")
    assert read("ghl.backlog").state == State.OK, "a long back-fill is no fault"


def test_what_needs_a_person_at_gohighlevel(read: Read) -> None:
    assert {read(name).state for name in ("ghl.draft", "ghl.records", "ghl.parity", "ghl.budget")} == {State.OK}
    with acting_as("ghl"):
        ghl.Draft.objects.create(made_at=ago(), changes=60, sent_contacts=100)
        ghl.Contact.objects.create(st_customer_id=1, state="conflict")
        parity = {"contacts": {"missing": 2, "differ": 1, "twins": [{"id": 1, "ghl_ids": ["a", "b"]}]}, "opportunities": {}}
        ghl.SyncRun.objects.create(mode="reconcile", trigger="test", started_at=ago(), parity=parity)
        ghl.SyncRun.objects.create(mode="incremental", trigger="test", started_at=ago(), state="waiting", error="Used up.")
    assert (read("ghl.draft").state, read("ghl.parity").state, read("ghl.budget").state) == (State.BAD,) * 3
    assert read("ghl.records").state == State.WARNING
    assert "2 are missing, 1 differ, 1 are there twice" in read("ghl.parity").text


def test_fences_that_do_not_hold(read: Read) -> None:
    with acting_as("backoffice"):
        Proof.objects.create(asked_at=ago(), asked_by="x", finished_at=ago(), acts=9, surprises=["one"])
    assert read("fences").state == State.BAD
    with acting_as("backoffice"):
        Proof.objects.create(asked_at=ago(), asked_by="x", finished_at=ago(days=5), acts=9)
    assert read("fences").state == State.WARNING


def test_a_switch_that_was_left_in_hold(read: Read, settings: Settings) -> None:
    with acting_as("backoffice"):
        switches.turn(SwitchChange(switch="ghl", mode="hold", who="ann", why="wrong prices"))
    assert read("switch.ghl").state == State.HELD and "wrong prices" in read("switch.ghl").text
    with acting_as("backoffice"):
        SwitchChange.objects.update(at=ago(days=2))
        switches.publish()
    assert read("switch.ghl").state == State.BAD, "nobody remembers it"
    settings.GHL_SYNC_ENABLED = False
    assert read("switch.ghl").state == State.HELD
    settings.GHL_SYNC_ENABLED = True
    with acting_as("backoffice"):
        SwitchChange.objects.all().delete()
        switches.publish()
    assert read("switch.ghl").state == State.OK


def test_the_scheduler_s_sign_of_life(read: Read) -> None:
    assert read("scheduler").state == State.OK
