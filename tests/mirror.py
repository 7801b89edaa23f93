"""Putting records into the mirror the way the sync does, so that the event log tells of them."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
from django.db import connections, transaction

from config.isolation.actor import acting_as
from servicetitan.entities import BY_NAME
from servicetitan.load import ALIAS, Loader
from servicetitan.models import Change, SyncLog

NOW = datetime.now(UTC).replace(microsecond=0)
_versions = iter(range(1, 1_000_000))


def load(entity: str, *records: dict[str, Any]) -> None:
    modified = (NOW - timedelta(hours=1) + timedelta(milliseconds=next(_versions))).isoformat()
    page = msgspec.json.encode([{"modifiedOn": modified, "createdOn": moment(-1), **record} for record in records])
    with acting_as("servicetitan"), transaction.atomic(using=ALIAS):
        merged = Loader(BY_NAME[entity]).merge(page, None)
    assert not merged.rejects, merged.rejects


def moment(days: float) -> str:
    return (NOW + timedelta(days=days)).isoformat()


def customer(id: int, name: str = "", **more: Any) -> dict[str, Any]:
    address = {"street": f"{id} Oak Street", "unit": None, "city": "Mesa", "state": "AZ", "zip": "85201", "country": "USA"}
    return {"id": id, "active": True, "name": name or f"Customer {id}", "type": "Residential", "address": address} | more


def email(id: int, customer_id: int, value: str = "", **more: Any) -> dict[str, Any]:
    address = value or f"c{customer_id}@example.com"
    return {"id": id, "active": True, "customerId": customer_id, "type": "Email", "value": address} | more


def phone(id: int, customer_id: int, value: str = "", **more: Any) -> dict[str, Any]:
    number = value or f"602{5550000 + customer_id % 10000:07d}"
    return {"id": id, "active": True, "customerId": customer_id, "type": "MobilePhone", "value": number} | more


def estimate(id: int, customer_id: int, status: str = "Open", subtotal: float = 1000, **more: Any) -> dict[str, Any]:
    values = {"Open": 0, "Sold": 1, "Dismissed": 2}
    return {
        "id": id, "active": True, "customerId": customer_id, "jobId": id + 500_000, "name": f"Heat pump {id}",
        "jobNumber": str(id), "status": {"value": values[status], "name": status}, "subtotal": subtotal, "tax": 80.5,
    } | more  # fmt: skip


def people(count: int, first: int = 1) -> None:
    """Customers with an e-mail and a phone each."""
    ids = range(first, first + count)
    load("contacts", *(email(10 * id, id) for id in ids), *(phone(10 * id + 1, id) for id in ids))
    load("customers", *(customer(id) for id in ids))


def brought_by(number: str, feed: str) -> None:
    """A run of the sync, under this correlation id, brought the feed's newest changes."""
    txid = Change.objects.filter(entity=feed).order_by("-txid").values_list("txid", flat=True)[0]
    with acting_as("servicetitan"):
        SyncLog.objects.create(
            run=uuid4(), entity=feed, mode=SyncLog.Mode.INCREMENTAL, trigger="test", started_at=datetime.now(UTC),
            first_txid=txid, last_txid=txid, correlation_id=number,
        )  # fmt: skip


def wait_for_changes() -> None:
    """Readers of the event log wait for every transaction of the server, those of other tests' databases included."""
    deadline = time.monotonic() + 90
    oldest = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    with connections["ghl"].cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(f"SELECT coalesce(max(txid), 0) < {oldest} FROM servicetitan.st_changes")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("a transaction somewhere on the server stays open")
