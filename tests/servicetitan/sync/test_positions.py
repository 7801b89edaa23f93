"""A position that ServiceTitan no longer accepts costs time and no record, wherever the reading stood."""

from datetime import datetime

import pytest
from django.db import connections

from servicetitan.entities import BY_NAME
from servicetitan.models import Job, SyncCursor
from servicetitan.sync.feed import as_start
from tests.servicetitan.sync.conftest import Mode, Run, State, Vendor
from tests.servicetitan.sync.truth import differences

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def interrupt(vendor: Vendor, sync: Run, after: int, mode: str = Mode.INCREMENTAL) -> None:
    """A run that ends behind some pages, whose token ServiceTitan has then forgotten."""
    vendor.switch(export_batch_size=10)
    vendor.fault({"path": "export/jobs", "after": after, "times": 0, "action": "status", "status": 403})
    assert sync("jobs", mode=mode)["jobs"].state == State.FAILED
    vendor.fault()
    SyncCursor.objects.using("servicetitan").filter(entity="jobs").update(continue_from="forgotten")


def cursor() -> SyncCursor:
    return SyncCursor.objects.get(entity="jobs")


def test_in_the_first_load_everything_is_read_again(vendor: Vendor, sync: Run) -> None:
    interrupt(vendor, sync, after=3)
    assert (Job.objects.count(), cursor().caught_up_at) == (30, None)
    assert sync("jobs")["jobs"].state == State.SUCCEEDED
    assert differences(BY_NAME["jobs"], vendor.truth(BY_NAME["jobs"])) == []
    assert cursor().caught_up_at is not None


def test_in_a_full_read_the_full_read_starts_over(vendor: Vendor, sync: Run) -> None:
    """What only a full read puts right is right in the end, on the pages before the interruption and behind it."""
    sync("jobs")
    with connections["servicetitan"].cursor() as db:
        db.execute("UPDATE servicetitan.st_jobs SET raw = raw || '{\"summary\": \"wrong\"}', modified_on = '2099-01-01'")
    interrupt(vendor, sync, after=3, mode=Mode.FULL)
    assert sync("jobs")["jobs"].state == State.SUCCEEDED
    assert differences(BY_NAME["jobs"], vendor.truth(BY_NAME["jobs"])) == []
    assert cursor().full_since is None


def test_while_catching_up_it_is_read_from_where_it_was_complete(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    SyncCursor.objects.using("servicetitan").update(caught_up_at="2026-06-01T15:00:00Z")  # by the sandbox's clock
    vendor.live(hours=200)
    interrupt(vendor, sync, after=1)
    ledger = sync("jobs")["jobs"]
    assert ledger.state == State.SUCCEEDED
    assert ledger.tally.fetched < Job.objects.count()
    truth = vendor.truth(BY_NAME["jobs"])
    gone = set(Job.objects.values_list("pk", flat=True)) - truth.keys()
    assert differences(BY_NAME["jobs"], truth, ignoring=gone) == []


def test_a_second_look_says_nothing_of_completeness(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    before = cursor()
    for order in ({"mode": Mode.SINCE, "since": "2026-05-01"}, {"mode": Mode.RECONCILE}):
        sync("jobs", **order)
        assert (cursor().caught_up_at, cursor().continue_from) == (before.caught_up_at, before.continue_from)


def test_a_token_that_is_refused_a_moment_after_it_was_given_gets_a_second_chance(vendor: Vendor, sync: Run) -> None:
    vendor.switch(export_batch_size=10)
    sync("jobs")
    vendor.live(hours=200)
    vendor.fault({"path": "export/jobs", "after": 1, "times": 1, "action": "status", "status": 400})
    assert sync("jobs")["jobs"].state == State.FAILED
    assert sync("jobs")["jobs"].tally.fetched < Job.objects.count() / 2


def test_the_first_year_is_written_with_four_digits() -> None:
    assert as_start(datetime(1, 1, 2, 3, 4, 5, 678)) == "0001-01-02T03:04:05Z"  # noqa: DTZ001 - UTC by definition
