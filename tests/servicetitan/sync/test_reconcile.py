"""Records that vanished without a trace are found; a list that lies deletes nothing."""

from typing import Any

import pytest
from django.db import connections

from servicetitan.entities import BY_NAME, FEEDS
from servicetitan.models import Change, Customer, CustomerContact, Job
from tests.servicetitan.sync.conftest import Mode, Run, State, Vendor
from tests.servicetitan.sync.truth import differences

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def removable(vendor: Vendor, name: str, count: int) -> list[int]:
    """Ids of live records, contacts only of customers that ServiceTitan still tells about."""
    truth = vendor.truth(BY_NAME[name]).values()
    if name == "contacts":
        active = {row["id"] for row in vendor.truth(BY_NAME["customers"]).values() if row["active"]}
        return [row["id"] for row in truth if row["active"] and row["customerId"] in active][:count]
    return [row["id"] for row in truth if row["active"]][:count]


@pytest.mark.parametrize("name", [entity.name for entity in FEEDS])
def test_a_vanished_record_is_found_and_marked(vendor: Vendor, sync: Run, name: str) -> None:
    sync(name)
    gone = removable(vendor, name, 2)
    for key in gone:
        vendor.company.remove(name, key)
    assert sync(name)[name].tally.deleted == 0, "the export says nothing of it"
    ledger = sync(name, mode=Mode.RECONCILE)[name]
    assert ledger.state == State.SUCCEEDED, ledger.error
    assert (ledger.tally.suspected, ledger.tally.deleted) == (2, 2)
    model = BY_NAME[name].model
    assert set(model._default_manager.exclude(deleted_at=None).values_list("pk", flat=True)) == set(gone)
    assert set(Change.objects.filter(kind="deleted").values_list("record_id", flat=True)) == set(gone)
    assert differences(BY_NAME[name], vendor.truth(BY_NAME[name])) == []
    again = sync(name, mode=Mode.RECONCILE)[name].tally
    assert (again.suspected, again.deleted) == (0, 0)


def test_where_there_is_no_list_the_export_is_swept(vendor: Vendor, sync: Run) -> None:
    sync("customers", "contacts")
    gone = removable(vendor, "contacts", 1)[0]
    vendor.company.remove("contacts", gone)
    vendor.fault({
        "path": r"\d/customers/contacts$", "times": 0, "action": "status", "status": 404, "content_type": "application/json",
        "body": '{"statusCode":404,"message":"Unable to match incoming request to an operation."}',
    })  # fmt: skip
    ledger = sync("contacts", mode=Mode.RECONCILE)["contacts"]
    assert ledger.state == State.SUCCEEDED, ledger.error
    assert ledger.tally.deleted == 1
    assert differences(BY_NAME["contacts"], vendor.truth(BY_NAME["contacts"])) == []


@pytest.mark.parametrize("quirk", [{"wrong_types": 0.2}, {"null_ids": 0.2}, {"lone_surrogates": 0.2}, {"no_dates": 0.2}])
def test_odd_records_in_the_list_neither_stop_the_sweep_nor_get_lost(vendor: Vendor, sync: Run, quirk: dict[str, Any]) -> None:
    sync()
    vendor.switch(**quirk)
    ledgers = sync(mode=Mode.RECONCILE, braking=False)
    assert {name: ledger.error for name, ledger in ledgers.items() if ledger.error} == {}
    assert sum(ledger.tally.deleted for ledger in ledgers.values()) == 0


def test_a_record_that_comes_back_is_restored(vendor: Vendor, sync: Run) -> None:
    sync("customers")
    key = removable(vendor, "customers", 1)[0]
    with connections["servicetitan"].cursor() as cursor:
        cursor.execute("UPDATE servicetitan.st_customers SET deleted_at = now(), missing_since = now() WHERE id = %s", [key])
    sync("customers", mode=Mode.RECONCILE)
    customer = Customer.objects.get(pk=key)
    assert (customer.deleted_at, customer.missing_since) == (None, None)
    assert Change.objects.get(record_id=key, kind="restored")


def test_a_list_that_is_suddenly_empty_deletes_nothing(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    vendor.fault({
        "path": r"/tenant/\d+/jobs$", "times": 0, "action": "status", "status": 200, "content_type": "application/json",
        "body": '{"page":1,"pageSize":500,"hasMore":false,"totalCount":null,"data":[]}',
    })  # fmt: skip
    ledger = sync("jobs", mode=Mode.RECONCILE)["jobs"]
    assert ledger.state == State.BRAKED
    assert f"{Job.objects.count()} of {Job.objects.count()} jobs" in ledger.error
    assert not Job.objects.exclude(deleted_at=None, missing_since=None).exists()


def test_without_the_brake_a_direct_read_still_has_the_last_word(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    vendor.fault({
        "path": r"/tenant/\d+/jobs$", "times": 0, "action": "status", "status": 200, "content_type": "application/json",
        "body": '{"page":1,"pageSize":500,"hasMore":false,"totalCount":null,"data":[]}',
    })  # fmt: skip
    ledger = sync("jobs", mode=Mode.RECONCILE, braking=False)["jobs"]
    assert ledger.state == State.SUCCEEDED, ledger.error
    assert ledger.tally.suspected == Job.objects.count()
    assert ledger.tally.deleted == 0
    assert differences(BY_NAME["jobs"], vendor.truth(BY_NAME["jobs"])) == []


def test_direct_reads_that_find_nothing_at_all_are_not_believed(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    vendor.company.remove("jobs", removable(vendor, "jobs", 1)[0])
    vendor.fault({
        "path": r"/jobs/\d+$", "times": 0, "action": "status", "status": 404, "content_type": "application/json",
        "body": '{"status":404,"title":"Not found","type":"","traceId":"","errors":{},"data":{}}',
    })  # fmt: skip
    ledger = sync("jobs", mode=Mode.RECONCILE)["jobs"]
    assert ledger.state == State.BRAKED
    assert "no record is taken for deleted" in ledger.error
    assert not Job.objects.exclude(deleted_at=None).exists()


@pytest.mark.parametrize(("status", "body"), [
    (403, '{"title":"Scope validation failed"}'),
    (404, '{"statusCode":404,"message":"Unable to match incoming request to an operation."}'),
    (409, '{"title":"not now"}'),
])  # fmt: skip
def test_a_direct_read_that_says_neither_leaves_the_suspicion(vendor: Vendor, sync: Run, status: int, body: str) -> None:
    sync("jobs")
    key = removable(vendor, "jobs", 1)[0]
    vendor.company.remove("jobs", key)
    rule: dict[str, Any] = {"action": "status", "status": status, "content_type": "application/json", "body": body}
    vendor.fault({"path": f"/jobs/{key}$", "times": 0, **rule})
    ledger = sync("jobs", mode=Mode.RECONCILE)["jobs"]
    assert ledger.state == State.SUCCEEDED
    job = Job.objects.get(pk=key)
    assert job.deleted_at is None
    assert job.missing_since is not None
    vendor.fault()
    assert sync("jobs", mode=Mode.RECONCILE)["jobs"].tally.deleted == 1


def test_what_the_mirror_lacks_is_fetched(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    with connections["servicetitan"].cursor() as cursor:
        cursor.execute("DELETE FROM servicetitan.st_jobs WHERE id % 3 = 0")
        cursor.execute(
            "UPDATE servicetitan.st_jobs SET modified_on = modified_on - interval '1 day', raw = raw || '{\"total\": 1}', "
            "total = 1 WHERE id % 3 = 1"
        )
    ledger = sync("jobs", mode=Mode.RECONCILE)["jobs"]
    assert ledger.tally.inserted > 0
    assert ledger.tally.updated > 0
    assert differences(BY_NAME["jobs"], vendor.truth(BY_NAME["jobs"])) == []


def test_contacts_of_an_inactive_customer_are_nothing_to_delete(vendor: Vendor, sync: Run) -> None:
    """ServiceTitan answers 409 there: neither there nor gone."""
    sync("customers", "contacts")
    customer = next(row for row in vendor.truth(BY_NAME["customers"]).values() if row["active"])
    vendor.live(minutes=1)
    vendor.company.touch("customers", customer["id"], active=False)
    mine = [row["id"] for row in vendor.truth(BY_NAME["contacts"]).values() if row["customerId"] == customer["id"]]
    if mine:
        vendor.company.remove("contacts", mine[0])
        sync("contacts", mode=Mode.RECONCILE)
        assert CustomerContact.objects.get(pk=mine[0]).deleted_at is None


def test_a_dry_run_marks_nothing(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    vendor.company.remove("jobs", removable(vendor, "jobs", 1)[0])
    ledger = sync("jobs", mode=Mode.RECONCILE, dry_run=True)["jobs"]
    assert ledger.tally.suspected == 1
    assert not Job.objects.exclude(deleted_at=None, missing_since=None).exists()


def test_a_live_company_is_equal_after_a_reconcile(vendor: Vendor, sync: Run) -> None:
    sync()
    for _ in range(3):
        vendor.live(hours=20)
        sync()
    ledgers = sync(mode=Mode.RECONCILE)
    assert {ledger.error for ledger in ledgers.values()} == {""}
    for entity in FEEDS:
        assert differences(entity, vendor.truth(entity), ignoring=_suspected(entity.name)) == []


def _suspected(name: str) -> set[int]:
    """Contacts of inactive customers may be gone: ServiceTitan does not say."""
    return set(CustomerContact.objects.exclude(missing_since=None).values_list("pk", flat=True)) if name == "contacts" else set()
