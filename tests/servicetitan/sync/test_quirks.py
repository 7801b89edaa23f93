"""What the vendor sends is odd at times. Odd is not wrong: every record that can be stored is stored."""

from typing import Any

import pytest

from servicetitan.entities import BY_NAME, FEEDS
from servicetitan.models import Customer, Estimate, Invoice, Job, SyncLog, SyncReject
from servicetitan.sync import feed, paging
from tests.servicetitan.sync.conftest import Mode, Run, State, Vendor
from tests.servicetitan.sync.truth import differences

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

HARMLESS: dict[str, dict[str, Any]] = {
    "nulls in required fields": {"nulls_in_required": 0.5},
    "unknown fields": {"unknown_fields": 0.5},
    "unknown enum values": {"unknown_enums": 0.5},
    "dates of year one": {"no_dates": 0.5},
    "dates without a zone": {"zone_less": 0.5},
    "seven digits": {"fraction_digits": 7},
    "no digits": {"fraction_digits": 0},
    "zero for none": {"zero_ids": 0.5},
    "nineteen decimals": {"long_decimals": 0.5},
    "text PostgreSQL cannot store": {"nul_characters": 0.3},
    "half characters": {"lone_surrogates": 0.3},
    "an empty page in the middle": {"empty_batch_every": 2},
    "duplicates in a page": {"duplicates_in_batch": 5},
    "duplicates over pages": {"duplicates_across_batches": 10},
    "unsorted pages": {"unsorted": True},
    "older versions after newer": {"stale_rows": 0.3},
    "no token on the last page": {"last_token_null": True},
    "pages of varying size": {"export_batch_varies": True},
    "pages of one record": {"export_batch_size": 1},
    "compressed answers": {"gzip": True},
    "the old path of the estimates": {"estimates_export": "legacy"},
    "tokens that die": {"token_dies_after_calls": 20},
}


@pytest.mark.parametrize("quirk", HARMLESS)
def test_a_quirk_costs_nothing(vendor: Vendor, sync: Run, quirk: str) -> None:
    vendor.switch(**HARMLESS[quirk])
    first = sync()
    assert {name: ledger.error for name, ledger in first.items() if ledger.error} == {}
    assert {ledger.state for ledger in first.values()} == {State.SUCCEEDED}
    for entity in FEEDS:
        assert entity.model._default_manager.count() == len(vendor.truth(entity))
    vendor.live(hours=6)
    second = sync()
    assert {ledger.state for ledger in second.values()} == {State.SUCCEEDED}


@pytest.mark.parametrize(
    "quirk",
    ["an empty page in the middle", "duplicates in a page", "unsorted pages", "older versions after newer", "compressed answers"],
)
def test_the_order_of_pages_and_rows_does_not_matter(vendor: Vendor, sync: Run, quirk: str) -> None:
    vendor.switch(**HARMLESS[quirk])
    sync()
    vendor.live(hours=20)
    sync()
    for entity in FEEDS:
        truth = vendor.truth(entity)
        gone = set(entity.model._default_manager.values_list("pk", flat=True)) - truth.keys()
        assert differences(entity, truth, ignoring=gone) == []


def test_year_one_is_no_date(vendor: Vendor, sync: Run) -> None:
    vendor.switch(no_dates=1.0)
    sync("customers")
    assert Customer.objects.filter(created_on__isnull=False).count() == 0
    assert all(row.raw["createdOn"].startswith("0001-01-01") for row in Customer.objects.all())


def test_unknown_fields_are_kept_in_the_raw_record(vendor: Vendor, sync: Run) -> None:
    vendor.switch(unknown_fields=1.0)
    sync("jobs")
    known = vendor.truth(BY_NAME["jobs"])
    assert all(row.raw.keys() > known[row.pk].keys() for row in Job.objects.all())


def test_money_loses_no_digit(vendor: Vendor, sync: Run) -> None:
    vendor.switch(long_decimals=1.0)
    sync("invoices")
    longest = max(len(str(row.total).partition(".")[2]) for row in Invoice.objects.exclude(total=None))
    assert longest == 19


def test_what_cannot_be_stored_leaves_a_mark_and_is_counted(vendor: Vendor, sync: Run) -> None:
    vendor.switch(nul_characters=1.0)
    ledger = sync("customers")["customers"]
    assert ledger.tally.repaired >= Customer.objects.count() > 0
    assert Customer.objects.filter(name__contains="\ufffd").count() == Customer.objects.count()
    assert SyncLog.objects.get(entity="customers").repaired == ledger.tally.repaired


REJECTED: dict[str, tuple[dict[str, Any], str]] = {
    "wrong types": ({"wrong_types": 0.2}, "Field "),
    "no id": ({"null_ids": 0.2}, "no id"),
}


@pytest.mark.parametrize("quirk", REJECTED)
def test_a_bad_record_is_set_aside_and_stops_nothing(vendor: Vendor, sync: Run, quirk: str) -> None:
    switches, reason = REJECTED[quirk]
    vendor.switch(**switches)
    ledgers = sync()
    for entity in FEEDS:
        ledger, rejects = ledgers[entity.name], SyncReject.objects.filter(entity=entity.name, state="open")
        assert ledger.state in (State.SUCCEEDED, State.PARTIAL), ledger.error
        assert rejects.count() == ledger.tally.rejected
        assert entity.model._default_manager.count() + rejects.count() == len(vendor.truth(entity))
        assert all(reason in reject.reason for reject in rejects)
    assert SyncReject.objects.count() > 10


def test_the_reason_names_the_field_and_the_value(vendor: Vendor, sync: Run) -> None:
    vendor.switch(wrong_types=1.0)
    sync("estimates")
    reasons = set(SyncReject.objects.values_list("reason", flat=True))
    assert any(r.startswith("Field subtotal: ") and '"N/A"' in r for r in reasons), reasons
    assert any("createdOn" in r and "not a date" in r for r in reasons), reasons


def test_rejects_load_once_the_vendor_has_put_them_right(vendor: Vendor, sync: Run) -> None:
    vendor.switch(wrong_types=0.3)
    sync("customers", "estimates")
    assert SyncReject.objects.filter(state="open").exists()
    vendor.switch()
    SyncReject.objects.using("servicetitan").update(last_tried_at="2026-01-01T00:00:00Z")
    sync("customers", "estimates")  # no new page brings them: they are read one by one
    assert not SyncReject.objects.filter(state="open").exists()
    for name in ("customers", "estimates"):
        assert differences(BY_NAME[name], vendor.truth(BY_NAME[name])) == []


def test_a_reject_is_not_asked_for_again_at_once(vendor: Vendor, sync: Run) -> None:
    vendor.switch(wrong_types=0.3)
    sync("customers")
    again = sync("customers")["customers"]
    assert again.stats.calls == 2, "a token and an empty page"


def test_a_reject_that_comes_again_in_a_page_is_resolved(vendor: Vendor, sync: Run) -> None:
    vendor.switch(wrong_types=0.3)
    sync("jobs")
    before = SyncReject.objects.filter(state="open").count()
    assert before > 0
    vendor.switch()
    sync("jobs", mode=Mode.FULL)
    assert SyncReject.objects.filter(state="resolved").count() == before
    assert not SyncReject.objects.filter(state="open").exists()


def test_a_rejected_change_leaves_the_last_good_version(vendor: Vendor, sync: Run) -> None:
    sync("estimates")
    before = {row.pk: row.raw for row in Estimate.objects.all()}
    vendor.switch(wrong_types=1.0)
    sync("estimates", mode=Mode.FULL)
    assert {row.pk: row.raw for row in Estimate.objects.all()} == before
    assert SyncReject.objects.filter(state="open").count() == len(before)


def test_a_record_of_another_shape_is_set_aside(vendor: Vendor, sync: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even an object: a number, a text, a list where a record should be."""
    original = paging.export_pages

    def with_strangers(*arguments: Any) -> Any:
        for page in original(*arguments):
            yield type(page)(page.data[:-1] + b',5,"x",[],null,{"id":{}},{"id":true},{"id":"abc"},{"id":1.5}]', page.has_more,
                             page.fetched_with, page.continue_from)  # fmt: skip

    monkeypatch.setattr(feed, "export_pages", with_strangers)
    vendor.switch(export_batch_size=5000)
    ledger = sync("customers")["customers"]
    assert ledger.state == State.PARTIAL
    assert Customer.objects.count() == len(vendor.truth(BY_NAME["customers"]))
    assert SyncReject.objects.count() == 8


