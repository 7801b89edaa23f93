"""What the brake has stopped stays stopped, run after run, until ServiceTitan has put it right or somebody decides."""

from typing import Any

import pytest
from django.db import connections

from servicetitan.models import Customer, SyncCursor
from tests.servicetitan.sync.conftest import Mode, Run, State, Vendor

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def emptied(vendor: Vendor, *ids: int) -> Any:
    """From now on ServiceTitan sends customers without a name (these, or all). Returns how to end that."""
    original = vendor.app.company._render["customers"]

    def render(record: Any) -> Any:
        row = original(record)
        return row | {"name": None} if not ids or row["id"] in ids else row

    def end() -> None:
        vendor.app.company._render["customers"] = original

    vendor.app.company._render["customers"] = render
    return end


def nameless() -> int:
    return Customer.objects.filter(name=None).count()


def cursor() -> SyncCursor:
    return SyncCursor.objects.get(entity="customers")


def a_day_later() -> None:
    with connections["servicetitan"].cursor() as db:
        db.execute("UPDATE servicetitan.st_sync_cursors SET blanked_since = blanked_since - interval '25 hours'")


def test_a_mishap_empties_no_more_by_coming_again(vendor: Vendor, sync: Run) -> None:
    vendor.switch(export_batch_size=8)
    sync("customers")
    emptied(vendor)
    states = [sync("customers", mode=Mode.FULL)["customers"].state]
    for number in range(4):
        states.append(sync("customers")["customers"].state)
        if number == 1:
            a_day_later()
    states.append(sync("customers", mode=Mode.FULL)["customers"].state)
    assert set(states) == {State.BRAKED}
    assert nameless() == 8, "the first page alone is below the brake's share"
    assert cursor().braked == "name"


def test_somebody_decides_and_it_goes_on(vendor: Vendor, sync: Run) -> None:
    vendor.switch(export_batch_size=8)
    sync("customers")
    emptied(vendor)
    error = sync("customers", mode=Mode.FULL)["customers"].error
    assert "--entity customers --no-brake" in error
    assert sync("customers", braking=False)["customers"].state == State.SUCCEEDED
    assert nameless() == Customer.objects.count()
    now = cursor()
    assert (now.braked, now.blanked, now.blanked_since) == (None, None, None)
    assert sync("customers", mode=Mode.FULL)["customers"].state == State.SUCCEEDED


def test_once_servicetitan_has_put_it_right_it_goes_on_by_itself(vendor: Vendor, sync: Run) -> None:
    vendor.switch(export_batch_size=8)
    sync("customers")
    end = emptied(vendor)
    assert sync("customers", mode=Mode.FULL)["customers"].state == State.BRAKED
    end()
    assert sync("customers")["customers"].state == State.SUCCEEDED
    assert cursor().braked is None
    emptied(vendor)
    assert sync("customers", mode=Mode.FULL)["customers"].state == State.BRAKED
    assert nameless() == 8, "what the day has emptied already counts"


def test_runs_that_empty_a_little_each_count_together_for_a_day(vendor: Vendor, sync: Run) -> None:
    sync("customers")
    keys = list(Customer.objects.filter(active=True).values_list("pk", flat=True)[:18])
    emptied(vendor, *keys)

    def touch(some: list[int]) -> Any:
        vendor.live(minutes=30)
        for key in some:
            known = Customer.objects.get(pk=key)
            vendor.company.touch("customers", key, do_not_mail=not known.do_not_mail)
        return sync("customers")["customers"].state

    assert touch(keys[:6]) == State.SUCCEEDED
    a_day_later()
    assert touch(keys[6:12]) == State.SUCCEEDED
    assert touch(keys[12:]) == State.BRAKED
    assert nameless() == 12


def test_a_dry_run_brakes_and_remembers_nothing(vendor: Vendor, sync: Run) -> None:
    sync("customers")
    emptied(vendor)
    assert sync("customers", mode=Mode.FULL, dry_run=True)["customers"].tally.updated == Customer.objects.count()
    assert cursor().braked is None
