"""Which of two versions stands in the end, whatever the order in which pages bring them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from config.sandbox.http import encode
from servicetitan.entities import BY_NAME
from servicetitan.models import Change, Customer, Job
from servicetitan.sync import feed, paging, reference
from tests.servicetitan.sync.conftest import Mode, Run, State, Vendor
from tests.servicetitan.sync.truth import differences

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

Row = dict[str, Any]
More = Callable[..., None]


@pytest.fixture
def more_pages(monkeypatch: pytest.MonkeyPatch) -> More:
    """Every reading of an export goes on with these pages."""
    original = paging.export_pages

    def follow(*pages: list[Row]) -> None:
        def export_pages(*arguments: Any) -> Iterator[Any]:
            for page in original(*arguments):
                yield page
            for rows in pages:
                yield type(page)(encode(rows), False, page.fetched_with, page.continue_from)

        monkeypatch.setattr(feed, "export_pages", export_pages)

    return follow


def older(row: Row) -> Row:
    return row | {"memo": "stale", "summary": "stale", "name": "stale", "modifiedOn": "1990-01-01T00:00:00Z"}


@pytest.mark.parametrize("name", ["customers", "contacts", "invoices"])
@pytest.mark.parametrize("order", [{"mode": Mode.FULL}, {"mode": Mode.SINCE, "since": "2000-01-01"}, {}])
def test_an_older_copy_on_a_later_page_changes_nothing(
    vendor: Vendor, sync: Run, more_pages: More, name: str, order: dict[str, Any]
) -> None:
    entity = BY_NAME[name]
    sync(name)
    known = [row for row in vendor.truth(entity).values() if row["active"]][5:8]
    more_pages([older(row) for row in known])
    assert sync(name, **order)[name].state == State.SUCCEEDED
    assert differences(entity, vendor.truth(entity)) == []
    assert not Change.objects.exclude(kind="inserted").exists()


def test_an_older_copy_on_a_later_page_of_a_short_list_changes_nothing(
    vendor: Vendor, sync: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync("technicians", "tag_types")
    original = paging.list_pages

    def list_pages(client: Any, entity: Any, stats: Any) -> Iterator[bytes]:
        yield from original(client, entity, stats)
        yield encode([older(next(iter(vendor.truth(entity).values())))])

    monkeypatch.setattr(reference, "list_pages", list_pages)
    sync("technicians", "tag_types")
    for name in ("technicians", "tag_types"):
        assert differences(BY_NAME[name], vendor.truth(BY_NAME[name])) == []


@pytest.mark.parametrize("name", ["customers", "contacts", "jobs", "appointments", "estimates", "invoices"])
def test_a_full_read_puts_right_a_version_that_servicetitan_never_had(vendor: Vendor, sync: Run, name: str) -> None:
    entity = BY_NAME[name]
    sync(name)
    with connections["servicetitan"].cursor() as cursor:
        cursor.execute(
            f"UPDATE {entity.model._meta.db_table} SET raw = raw || '{{\"createdOn\": \"2001-01-01T00:00:00Z\"}}', "
            f"modified_on = CASE WHEN active THEN modified_on + interval '1 hour' ELSE '2099-01-01' END"
        )
    assert sync(name, mode=Mode.FULL)[name].state == State.SUCCEEDED
    assert differences(entity, vendor.truth(entity)) == []


@pytest.mark.parametrize("together", [True, False], ids=["on one page", "on two pages"])
def test_the_seventh_digit_decides(vendor: Vendor, sync: Run, more_pages: More, together: bool) -> None:
    sync("jobs")
    row = next(iter(vendor.truth(BY_NAME["jobs"]).values()))
    newer = row | {"summary": "newer", "modifiedOn": "2026-07-01T00:00:00.0000004Z"}
    stale = row | {"summary": "older", "modifiedOn": "2026-07-01T00:00:00.0000001Z"}
    more_pages(*([[newer, stale]] if together else [[newer], [stale]]))
    sync("jobs")
    assert Job.objects.get(pk=row["id"]).summary == "newer"
    more_pages([stale | {"summary": "newest", "modifiedOn": "2026-07-01T00:00:00.0000005Z"}], [newer])
    sync("jobs")
    assert Job.objects.get(pk=row["id"]).summary == "newest"


@pytest.mark.parametrize("first", ["2026-07-01T00:00:00Z", "2026-07-01T00:00:00.0000001Z", "2026-07-01T00:00:00"])
def test_at_the_same_moment_the_later_copy_stands(vendor: Vendor, sync: Run, more_pages: More, first: str) -> None:
    row = next(iter(vendor.truth(BY_NAME["customers"]).values()))
    more_pages([row | {"name": "first", "modifiedOn": first}], [row | {"name": "second", "modifiedOn": first}])
    sync("customers")
    assert Customer.objects.get(pk=row["id"]).name == "second"


def test_a_deleted_record_that_the_export_still_calls_inactive_stays_deleted(vendor: Vendor, sync: Run) -> None:
    sync("appointments")
    key = next(row["id"] for row in vendor.truth(BY_NAME["appointments"]).values() if row["active"])
    vendor.live(minutes=30)
    vendor.company.touch("appointments", key, active=False)
    sync("appointments")
    mark_deleted("appointments", key)
    before = Change.objects.count()
    sync("appointments", mode=Mode.FULL)
    assert BY_NAME["appointments"].model._default_manager.exclude(deleted_at=None).count() == 1
    assert Change.objects.count() == before
    vendor.live(minutes=30)
    vendor.company.touch("appointments", key, active=False)
    sync("appointments")
    assert Change.objects.order_by("-txid")[0].kind == "restored", "a newer version says that it is there again"


def test_a_deleted_record_that_the_export_calls_active_comes_back(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    key = next(row["id"] for row in vendor.truth(BY_NAME["jobs"]).values() if row["active"])
    mark_deleted("jobs", key)
    sync("jobs", mode=Mode.FULL)
    assert Job.objects.get(pk=key).deleted_at is None


def test_a_deleted_record_that_a_list_brings_comes_back_once_even_if_it_is_inactive(vendor: Vendor, sync: Run) -> None:
    key = next(iter(vendor.truth(BY_NAME["customers"])))
    vendor.company.touch("customers", key, active=False)
    sync("customers")
    mark_deleted("customers", key)
    for _ in range(2):
        assert sync("customers", mode=Mode.RECONCILE)["customers"].stats.calls == 2, "a token and the list"
        sync("customers", mode=Mode.FULL)
    assert Customer.objects.get(pk=key).deleted_at is None
    assert Change.objects.filter(record_id=key).exclude(kind="inserted").count() == 1


def test_where_the_export_stands_for_the_list_an_inactive_record_is_no_sign_of_life(vendor: Vendor, sync: Run) -> None:
    sync("contacts")
    key = next(iter(vendor.truth(BY_NAME["contacts"])))
    with connections["servicetitan"].cursor() as cursor:
        cursor.execute("UPDATE servicetitan.st_customer_contacts SET active = false, deleted_at = now() WHERE id = %s", [key])
    original = vendor.app.company._render["contacts"]
    vendor.app.company._render["contacts"] = lambda c: {**original(c), **({"active": False} if original(c)["id"] == key else {})}
    vendor.fault({
        "path": r"\d/customers/contacts$", "times": 0, "action": "status", "status": 404, "content_type": "application/json",
        "body": json.dumps({"statusCode": 404, "message": "Unable to match incoming request to an operation."}),
    })  # fmt: skip
    sync("contacts", mode=Mode.RECONCILE)
    assert BY_NAME["contacts"].model._default_manager.get(pk=key).deleted_at is not None


def mark_deleted(name: str, key: int) -> None:
    with connections["servicetitan"].cursor() as cursor:
        cursor.execute(f"UPDATE {BY_NAME[name].model._meta.db_table} SET deleted_at = now() WHERE id = %s", [key])
