"""The mirror ends equal to the source: at first, after a day, after a full read, and with nothing to do."""

from collections import Counter
from typing import Any

import pytest
from django.db import connections

from servicetitan.entities import BY_NAME, ENTITIES, FEEDS
from servicetitan.models import Change, Customer, Estimate, EstimateItem, Invoice, InvoiceItem, Job, SyncCursor, SyncLog
from tests.servicetitan.sync.conftest import Mode, Run, State, Vendor
from tests.servicetitan.sync.truth import differences

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def assert_equal(vendor: Vendor) -> None:
    for entity in ENTITIES:
        assert differences(entity, vendor.truth(entity)) == []


def test_first_run_brings_every_record_exactly(vendor: Vendor, sync: Run) -> None:
    ledgers = sync()
    assert {ledger.state for ledger in ledgers.values()} == {State.SUCCEEDED}
    assert_equal(vendor)
    for entity in FEEDS:
        counts = ledgers[entity.name].tally
        assert counts.inserted == counts.fetched == len(vendor.truth(entity)) > 0
    kinds = Counter(Change.objects.values_list("entity", "kind"))
    assert kinds == {(e.name, "inserted"): len(vendor.truth(e)) for e in ENTITIES}
    assert not Change.objects.exclude(old=None, new=None).exists(), "an insert carries no copy"


def test_nothing_changed_writes_no_rows(vendor: Vendor, sync: Run) -> None:
    sync()
    before = written()
    ledgers = sync(mode=Mode.FULL)
    assert all(ledger.tally.unchanged == ledger.tally.fetched for ledger in ledgers.values())
    assert written() == before


def written() -> dict[str, Any]:
    """How many row versions PostgreSQL has written to the mirror and its log, ever."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        tables = tuple(e.model._meta.db_table.split('"')[3] for e in ENTITIES)
        cursor.execute(
            "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables "
            "WHERE relname = ANY(%s) OR relname LIKE 'st_changes%%' ORDER BY relname",
            [list(tables)],
        )
        return {row[0]: row[1:] for row in cursor.fetchall()}


def test_a_live_company_is_followed(vendor: Vendor, sync: Run) -> None:
    sync()
    for _ in range(4):
        vendor.live(hours=9)
        ledgers = sync()
        assert all(ledgers[e.name].state == State.SUCCEEDED for e in FEEDS)
        gone = _deleted_at_source(vendor)
        for entity in FEEDS:
            assert differences(entity, vendor.truth(entity), ignoring=gone[entity.name]) == []
    changed = Counter(Change.objects.exclude(kind="inserted").values_list("kind", flat=True))
    assert changed["changed"] > 10


def _deleted_at_source(vendor: Vendor) -> dict[str, set[int]]:
    """Records that vanished without a trace: only a reconcile can find them."""
    return {
        e.name: set(e.model._default_manager.values_list("pk", flat=True)) - vendor.truth(e).keys() for e in FEEDS
    }


def test_a_change_is_logged_with_the_fields_that_differ_and_no_others(vendor: Vendor, sync: Run) -> None:
    sync("customers")
    known = Customer.objects.filter(active=True).first()
    assert known is not None
    vendor.live(minutes=1)
    vendor.company.touch("customers", known.pk, do_not_mail=not known.do_not_mail)
    sync("customers")
    change = Change.objects.exclude(kind="inserted").get()
    assert (change.entity, change.record_id, change.kind) == ("customers", known.pk, "changed")
    assert change.old is not None and change.new is not None
    assert change.old.keys() == change.new.keys() == {"doNotMail", "modifiedOn"}
    assert change.new["doNotMail"] is not known.do_not_mail


def test_the_log_tells_any_past_state(vendor: Vendor, sync: Run) -> None:
    sync("customers", "jobs", "invoices")
    before = {model: {row.pk: row.raw for row in model.objects.all()} for model in (Customer, Job, Invoice)}
    mark = Change.objects.order_by("-txid").values_list("txid", flat=True)[0]
    for _ in range(3):
        vendor.live(hours=12)
        sync("customers", "jobs", "invoices")
    for model, name in ((Customer, "customers"), (Job, "jobs"), (Invoice, "invoices")):
        present = {row.pk: row.raw for row in model.objects.all()}
        for change in Change.objects.filter(entity=name, txid__gt=mark).order_by("-txid", "-id"):
            if change.kind == "inserted":
                del present[change.record_id]
                continue
            record = {k: v for k, v in present[change.record_id].items() if k not in (change.new or {})}
            present[change.record_id] = record | (change.old or {})
        assert present == before[model]


def test_deactivation_has_a_kind_of_its_own(vendor: Vendor, sync: Run) -> None:
    sync("estimates")
    estimate = Estimate.objects.filter(active=True).first()
    assert estimate is not None
    for active, kind in ((False, "deactivated"), (True, "restored")):
        vendor.live(minutes=1)
        vendor.company.touch("estimates", estimate.pk, active=active)
        ledgers = sync("estimates")
        assert Change.objects.order_by("-txid")[0].kind == kind
        assert ledgers["estimates"].tally.deactivated == (kind == "deactivated")


def test_items_are_rows_that_add_up(vendor: Vendor, sync: Run) -> None:
    sync("estimates", "invoices")
    estimate = Estimate.objects.filter(raw__items__0__isnull=False).first()
    assert estimate is not None
    items = EstimateItem.objects.filter(estimate=estimate)
    assert sum(item.total for item in items) == estimate.subtotal
    assert {item.sku_name for item in items} == {item["sku"]["name"] for item in estimate.raw["items"]}
    truth = sum(len(row["items"] or []) for row in vendor.truth(BY_NAME["invoices"]).values())
    assert InvoiceItem.objects.count() == truth > 0


def test_every_run_leaves_a_log_row_that_adds_up(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    row = SyncLog.objects.get(entity="jobs")
    cursor = SyncCursor.objects.get(entity="jobs")
    assert (row.state, row.mode, row.trigger) == ("succeeded", "incremental", "manual")
    assert row.fetched == row.inserted + row.updated + row.unchanged + row.rejected
    assert row.finished_at is not None and row.finished_at >= row.started_at
    assert row.pages == -(-row.fetched // 40)
    assert row.api_calls == row.pages + 1  # and a token
    assert row.bytes > 0
    assert (row.checkpoint_before, row.checkpoint_after) == (None, cursor.continue_from)
    changes = Change.objects.filter(entity="jobs", txid__range=(row.first_txid, row.last_txid))
    assert changes.count() == row.inserted
    assert cursor.holder is None and cursor.last_success_at is not None


def test_old_log_rows_go(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    SyncLog.objects.using("servicetitan").update(started_at="2020-01-01T00:00:00Z")
    sync("customers")
    assert list(SyncLog.objects.values_list("entity", flat=True)) == ["customers"]


def test_relations_that_people_follow_have_an_index() -> None:
    """Django drops what it takes for the default when it writes a foreign key down: look at the database."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT indrelid::regclass::text, attname FROM pg_index i JOIN pg_attribute a "
            "ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] WHERE NOT indisprimary"
        )
        indexed = {(table.rpartition(".")[2], column) for table, column in cursor.fetchall()}
    assert {
        ("st_customer_contacts", "customer_id"), ("st_jobs", "customer_id"), ("st_appts", "job_id"), ("st_appts", "start"),
        ("st_estimates", "job_id"), ("st_estimates", "customer_id"), ("st_invoices", "job_id"), ("st_invoices", "customer_id"),
    } <= indexed  # fmt: skip


def test_references_are_read_once_a_day_unless_asked_for(vendor: Vendor, sync: Run) -> None:
    assert "technicians" in sync()
    assert "technicians" not in sync()
    assert "technicians" in sync("technicians")
    assert "technicians" in sync(mode=Mode.FULL)


def test_since_reads_again_and_leaves_the_position_alone(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    position = SyncCursor.objects.get(entity="jobs").continue_from
    ledger = sync("jobs", mode=Mode.SINCE, since="2026-01-01")["jobs"]
    assert 0 < ledger.tally.fetched < Job.objects.count()
    assert SyncCursor.objects.get(entity="jobs").continue_from == position


def test_a_first_run_since_a_date_goes_on_from_there(vendor: Vendor, sync: Run) -> None:
    first = sync("jobs", mode=Mode.SINCE, since="2026-01-01")["jobs"]
    assert 0 < first.tally.inserted < len(vendor.truth(BY_NAME["jobs"]))
    assert sync("jobs")["jobs"].tally.fetched == 0


def test_dry_run_counts_and_writes_nothing(vendor: Vendor, sync: Run) -> None:
    sync("customers")
    vendor.live(days=2)
    before = written()
    would = sync("customers", dry_run=True)["customers"].tally
    assert would.inserted + would.updated > 0
    assert written() == before
    assert SyncLog.objects.count() == 1
    does = sync("customers")["customers"].tally
    assert (does.inserted, does.updated) == (would.inserted, would.updated)


def test_a_full_read_puts_right_what_is_wrong_here(vendor: Vendor, sync: Run) -> None:
    """Even where our row claims to be newer than the vendor's."""
    sync("customers")
    with connections["servicetitan"].cursor() as cursor:
        cursor.execute(
            "UPDATE servicetitan.st_customers SET raw = raw || '{\"name\": \"wrong\"}', name = 'wrong', "
            "modified_on = now() + interval '1 year', synced_at = now() - interval '1 second'"
        )
    sync("customers")
    assert Customer.objects.filter(name="wrong").exists()
    sync("customers", mode=Mode.FULL)
    assert differences(BY_NAME["customers"], vendor.truth(BY_NAME["customers"])) == []
