"""Values that no table or no reader could hold, records nested without end, lists that stammer."""

import importlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.apps import apps
from django.db import connections

from config.sandbox.http import Answer, encode
from servicetitan.entities import BY_NAME
from servicetitan.models import Change, Customer, InvoiceItem, Job, SyncReject, Technician
from servicetitan.moments import moment
from servicetitan.repair import DEEPEST, shallow
from servicetitan.sync import paging, rejects
from tests.servicetitan.sync.conftest import Mode, Run, State, Vendor
from tests.servicetitan.sync.truth import differences

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def sent_with(vendor: Vendor, name: str, **fields: Any) -> None:
    """From now on every record of the entity is sent with these fields."""
    original = vendor.app.company._render[name]
    vendor.app.company._render[name] = lambda record: original(record) | fields


def answer(vendor: Vendor, path: str, records: bytes, *, times: int = 0, more: bool = False) -> dict[str, Any]:
    """A rule: the path answers with these records."""
    body = b'{"page":1,"pageSize":500,"hasMore":%s,"continueFrom":"x","data":%s}' % (b"true" if more else b"false", records)
    return {
        "path": path, "times": times, "action": "status", "status": 200, "content_type": "application/json",
        "body": body.decode(),
    }  # fmt: skip


@pytest.mark.parametrize("text", [
    "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "0001-01-01T00:00:00",
    "0044-03-15T00:00:00 BC", "infinity", "-infinity",
])  # fmt: skip
def test_a_date_that_python_cannot_read_is_no_date(vendor: Vendor, sync: Run, text: str) -> None:
    sent_with(vendor, "customers", createdOn=text)
    assert sync("customers")["customers"].state == State.SUCCEEDED
    assert {row.created_on for row in Customer.objects.all()} == {None}
    assert moment(text) is None


@pytest.mark.parametrize("text", ["0001-01-02T00:00:01Z", "9999-12-30T23:59:59Z", "1900-01-01T00:00:00Z"])
def test_a_date_at_the_edge_is_one(vendor: Vendor, sync: Run, text: str) -> None:
    sent_with(vendor, "customers", createdOn=text)
    sync("customers")
    assert {row.created_on for row in Customer.objects.all()} == {moment(text)} != {None}


def test_a_line_of_an_invoice_has_no_date_that_python_cannot_read(vendor: Vendor, sync: Run) -> None:
    sync("invoices")
    with connections["servicetitan"].cursor() as cursor:
        cursor.execute(
            "UPDATE servicetitan.st_invoices SET raw = jsonb_set(raw, '{items,0,serviceDate}', %s) "
            "WHERE raw->'items'->0 IS NOT NULL",
            ['"9999-12-31T23:59:59.9999999Z"'],
        )
    assert None in {item.service_date for item in InvoiceItem.objects.all()}


def test_rows_that_could_not_be_read_are_put_right_by_the_migration(vendor: Vendor, sync: Run) -> None:
    sync("customers")
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE servicetitan.st_customers SET modified_on = '2026-01-01', "
            "created_on = CASE WHEN id % 2 = 0 THEN '10000-01-01' ELSE '-infinity' END::timestamptz"
        )
    migration = importlib.import_module("servicetitan.migrations.0004_caught_up")
    with connections["owner"].schema_editor() as editor:
        migration.no_unreadable_moments(apps, editor)
    assert not Customer.objects.exclude(created_on=None, modified_on=datetime(2026, 1, 1, tzinfo=UTC)).exists()


@pytest.mark.parametrize(("number", "expected"), [(b"12.0", 12), (b'"12.000"', 12), (b"12", 12)])
def test_a_whole_number_may_be_written_with_a_point(vendor: Vendor, sync: Run, number: bytes, expected: int) -> None:
    sent_with(vendor, "customers", createdById=msgspec.Raw(number), mergedToId=msgspec.Raw(number))
    assert sync("customers")["customers"].state == State.SUCCEEDED
    assert {(row.created_by_id, row.merged_to_id) for row in Customer.objects.all()} == {(expected, expected)}


def test_half_a_number_is_none(vendor: Vendor, sync: Run) -> None:
    sent_with(vendor, "customers", createdById=msgspec.Raw(b"12.5"))
    sync("customers")
    assert 'Field createdById: invalid input syntax for type bigint: "12.5"' in SyncReject.objects.all()[0].reason


@pytest.mark.parametrize("levels", [6_000, 100_000])
def test_a_record_that_is_nested_without_end_stops_no_other(vendor: Vendor, sync: Run, levels: int) -> None:
    rows = list(vendor.truth(BY_NAME["customers"]).values())
    deep = encode(rows[0])[:-1] + b',"deep":' + b'{"a":[' * (levels // 2) + b"]}" * (levels // 2) + b',"after":"]]"}'
    records = b"[" + deep + b"," + encode(rows[1:])[1:]
    vendor.fault(answer(vendor, "export/customers$", records), answer(vendor, r"\d/customers$", records))
    assert sync("customers")["customers"].state == State.SUCCEEDED
    assert Customer.objects.count() == len(rows)
    raw = Customer.objects.get(pk=rows[0]["id"]).raw
    assert "\ufffd" in json.dumps(raw["deep"], ensure_ascii=False)
    assert raw["after"] == "]]"
    assert sync("customers", mode=Mode.FULL)["customers"].tally.updated == 0
    assert sync("customers", mode=Mode.RECONCILE)["customers"].state == State.SUCCEEDED


def test_only_what_is_too_deep_is_cut() -> None:
    fine = b'{"a": "[[[", "b": ' + b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1) + b"}"
    assert shallow(fine) == fine
    assert shallow(b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2)) == b"[" * DEEPEST + rb'"\ufffd"' + b"]" * DEEPEST
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(shallow(b"[" * 50_000))


def test_empty_pages_of_a_list_are_not_its_end(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    path = r"/tenant/\d+/jobs$"
    everything = answer(vendor, path, encode(list(vendor.truth(BY_NAME["jobs"]).values())))
    vendor.fault(answer(vendor, path, b"[ ]", times=3, more=True), everything)
    ledger = sync("jobs", mode=Mode.RECONCILE)["jobs"]
    assert (ledger.state, ledger.tally.suspected) == (State.SUCCEEDED, 0), ledger.error


def test_empty_pages_without_end_are_one(vendor: Vendor, sync: Run) -> None:
    vendor.fault(answer(vendor, r"/tenant/\d+/jobs$", b"[]", more=True))
    ledger = sync("jobs", mode=Mode.RECONCILE)["jobs"]
    assert "again and again" in ledger.error
    assert vendor.app.traffic.report()["calls"][next(p for p in vendor.app.traffic.report()["calls"] if p.endswith("/jobs"))] \
        == paging.EMPTY_PAGES + 1


def test_a_missing_record_without_a_date_is_fetched(vendor: Vendor, sync: Run) -> None:
    key = next(iter(vendor.truth(BY_NAME["jobs"])))
    original = vendor.app.company._render["jobs"]
    no_date = {"modifiedOn": "0001-01-01T00:00:00Z"}
    vendor.app.company._render["jobs"] = lambda r: original(r) | (no_date if original(r)["id"] == key else {})
    sync("jobs")
    with connections["servicetitan"].cursor() as cursor:
        cursor.execute("DELETE FROM servicetitan.st_jobs WHERE id = %s OR id % 5 = 0".replace("% 5", "%% 5"), [key])
    ledger = sync("jobs", mode=Mode.RECONCILE)["jobs"]
    assert ledger.state == State.SUCCEEDED, ledger.error
    assert differences(BY_NAME["jobs"], vendor.truth(BY_NAME["jobs"])) == []
    assert Job.objects.get(pk=key).modified_on is None


def test_the_pause_of_a_reject_doubles(vendor: Vendor, sync: Run) -> None:
    vendor.switch(wrong_types=0.3)
    sync("customers")
    first = SyncReject.objects.all()[0].last_tried_at
    for attempts in (2, 3, 4):
        SyncReject.objects.using("servicetitan").update(last_tried_at="2026-01-01T00:00:00Z")
        sync("customers")
        assert set(SyncReject.objects.values_list("attempts", "state")) == {(attempts, "open")}
    sync("customers", mode=Mode.FULL)
    assert set(SyncReject.objects.values_list("attempts", "state")) == {(5, "open")}
    assert SyncReject.objects.all()[0].last_tried_at > first
    assert rejects._pause(5) == 2 * rejects._pause(4) > timedelta(minutes=30)


@pytest.mark.parametrize("name", ["business_units", "job_types", "technicians", "tag_types"])
def test_what_is_gone_from_a_short_list_is_marked(vendor: Vendor, sync: Run, name: str) -> None:
    entity, rows = BY_NAME[name], vendor.company._fixed[name.replace("_", "-")]
    sync(name)
    gone = [rows.pop()["id"] for _ in range(2)]
    for mode in (Mode.RECONCILE, Mode.INCREMENTAL):
        ledger = sync(name, mode=mode)[name]
        assert ledger.state == State.SUCCEEDED, ledger.error
        expected = (2, 2) if mode == Mode.RECONCILE else (0, 0)
        assert (ledger.tally.suspected, ledger.tally.deleted) == expected
    deleted = entity.model._default_manager.exclude(deleted_at=None)
    assert set(deleted.values_list("pk", flat=True)) == set(gone) == set(
        Change.objects.filter(entity=name, kind="deleted").values_list("record_id", flat=True)
    )


@pytest.mark.parametrize("name", ["technicians", "tag_types"])
def test_a_short_list_that_is_suddenly_empty_deletes_nothing(vendor: Vendor, sync: Run, name: str) -> None:
    sync(name)
    vendor.company._fixed[name.replace("_", "-")].clear()
    ledger = sync(name, mode=Mode.RECONCILE)[name]
    assert ledger.state == State.BRAKED
    assert "--no-brake" in ledger.error
    assert not BY_NAME[name].model._default_manager.exclude(deleted_at=None, missing_since=None).exists()


@pytest.mark.parametrize("name", ["technicians", "tag_types"])
def test_one_short_list_that_lacks_a_record_is_not_enough(vendor: Vendor, sync: Run, name: str) -> None:
    sync(name)
    rows = vendor.company._fixed[name.replace("_", "-")]
    vendor.fault(answer(vendor, f"settings.*/{name.replace('_', '-')}$", encode(rows[:-1]), times=1))
    ledger = sync(name)[name]
    assert (ledger.state, ledger.tally.suspected, ledger.tally.deleted) == (State.SUCCEEDED, 1, 0)
    vendor.fault()
    sync(name)
    assert not BY_NAME[name].model._default_manager.exclude(deleted_at=None, missing_since=None).exists()


def test_a_technician_that_comes_back_is_restored_though_inactive(vendor: Vendor, sync: Run) -> None:
    rows = vendor.company._fixed["technicians"]
    rows[-1]["active"] = False
    sync("technicians")
    last = rows.pop()
    sync("technicians")
    assert Technician.objects.get(pk=last["id"]).deleted_at is not None
    rows.append(last)
    sync("technicians")
    assert Technician.objects.get(pk=last["id"]).deleted_at is None



@pytest.mark.parametrize(
    "odd",
    [b"\xef\xbb\xbf" + b'{"access_token": "%s", "expires_in": "900s"}', b'{"access_token": "%s", "expires_in": null}'],
    ids=["a byte order mark and a unit", "no lifetime"],
)
def test_an_odd_answer_with_a_token_is_a_token(sync: Run, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, odd: bytes) -> None:
    whole = vendor.app.authority.token

    def oddly(*arguments: Any) -> Answer:
        token = json.loads(whole(*arguments).body)["access_token"]
        return Answer(200, odd % token.encode())

    monkeypatch.setattr(vendor.app.authority, "token", oddly)
    assert sync("business_units")["business_units"].state == "succeeded"


def test_an_answer_without_a_token_is_asked_for_again(sync: Run, vendor: Vendor) -> None:
    vendor.fault({"action": "truncate", "path": "/connect/token", "times": 2})
    assert sync("business_units")["business_units"].state == "succeeded"
    assert vendor.app.traffic.calls["/connect/token"] == 3
