"""The real worker and the real scheduler: what changes in the mirror is at GoHighLevel moments later, and asking helps."""

from uuid import UUID

import pytest
from django_celery_beat.models import IntervalSchedule
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.jobs.beat import make_defaults
from config.jobs.queue import send
from integrations.ghl.models import Contact, Draft, GhlDelivery, SyncRun
from integrations.ghl.push import brake
from tests.integrations.ghl.push.conftest import Pushing, Vendor, contact
from tests.jobs.processes import Processes, processes, until
from tests.mirror import customer, estimate, load, people, wait_for_changes

pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.slow]
__all__ = ["processes"]


def done(id: UUID) -> bool:
    with acting_as("ghl"):
        return GhlDelivery.objects.filter(pk=id, state="done").exists()


def names(vendor: Vendor) -> set[str]:
    return {row["firstName"] for row in vendor.contacts()}


def test_what_changes_in_the_mirror_is_there_moments_later(vendor: Vendor, processes: Processes) -> None:
    make_defaults()
    IntervalSchedule.objects.update(every=1)
    processes.start("scheduler")
    processes.start("st_workflow_worker", "--concurrency=1")
    people(2)
    load("estimates", estimate(77, 2))
    until(lambda: len(vendor.contacts()) == 2 and len(vendor.cards()) == 1)
    load("customers", customer(1, "Smith, Anna"))
    until(lambda: "Anna" in names(vendor))
    with acting_as("ghl"):
        assert set(SyncRun.objects.values_list("trigger", flat=True)) == {"schedule"}


def test_what_is_asked_for_in_the_admin_is_done(
    vendor: Vendor, push: Pushing, processes: Processes, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chosen records; a kind that failed; one that was deleted there; a draft of the brake."""
    monkeypatch.setattr(brake, "LEAST", 5)
    people(8)
    vendor.fault({"action": "status", "status": 422, "path": "/contacts/upsert", "share": 0.5, "times": 0})
    push()
    with acting_as("ghl"):
        failed = list(Contact.objects.filter(state="failed").values_list("pk", flat=True))
    assert 0 < len(failed) < 8
    vendor.fault()
    processes.start("st_workflow_worker", "--concurrency=1")
    retried = send("ghl.retry", kind="contact", state="failed", who="ann")
    until(lambda: done(retried))
    assert len(vendor.contacts()) == 8

    vendor.human("delete_contact", id=contact(3).ghl_id)
    load("customers", customer(3, "Again, Three"))
    pushed = send("ghl.push", customers=[3])
    until(lambda: done(pushed))
    assert contact(3).gone_at is not None, "nobody makes it again unasked"
    made = send("ghl.make_again", kind="contact", id=3)
    until(lambda: done(made))
    assert "Three" in names(vendor)

    for id in range(1, 9):
        load("customers", customer(id, "Changed, All"))
    wait_for_changes()
    assert push().state == "braked"
    with acting_as("ghl"):
        draft = Draft.objects.get()
    decided = send("ghl.decide", draft=draft.pk, approve=True, who="ann")
    until(lambda: done(decided))
    assert names(vendor) == {"All"}
