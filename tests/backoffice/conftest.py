"""People with different rights, a small mirror, and a look into the queues."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.backoffice import operators
from config.celery import app
from config.isolation.actor import acting_as
from servicetitan.models import (
    Appointment,
    BusinessUnit,
    Customer,
    CustomerContact,
    Estimate,
    Invoice,
    Job,
    JobType,
    MirroredRecord,
    SyncCursor,
    SyncLog,
    SyncReject,
    TagType,
)

PASSWORD = "a quiet afternoon"
UNIT = "servicetitan"
Queued = Callable[[], list[tuple[str, dict[str, Any]]]]
M = TypeVar("M", bound=MirroredRecord)


@pytest.fixture(autouse=True)
def plain_settings(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Static files straight from the source, and no figure remembered from another test."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }  # fmt: skip
    cache.clear()
    yield
    cache.clear()


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def boss(db: None) -> Client:
    """A superuser's browser."""
    return _client(User.objects.create_superuser("boss", "boss@example.com", PASSWORD))


@pytest.fixture
def operator(db: None) -> Client:
    user = User.objects.create_user("olga", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=operators.NAME))
    return _client(user)


@pytest.fixture
def stranger(db: None) -> Client:
    """Somebody who may log in, and nothing else."""
    return _client(User.objects.create_user("stan", password=PASSWORD, is_staff=True))


@pytest.fixture
def queued() -> Iterator[Queued]:
    """Takes what waits in the queue `servicetitan`: (task, arguments) of each message, oldest first."""
    drain()
    yield drain
    drain()


def drain(unit: str = UNIT) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    with app.connection_for_write() as connection, connection.SimpleQueue(unit) as queue:
        while True:
            try:
                message = queue.get_nowait()
            except queue.Empty:
                return found
            _args, arguments, _embed = message.payload
            found.append((message.headers["task"], arguments))
            message.ack()


@dataclass(frozen=True)
class Mirror:
    """Makes records as the sync would."""

    def add(self, model: type[M], id: int, **values: Any) -> M:
        now = timezone.now()
        times = {"first_seen_at": now - timedelta(days=1), "synced_at": now, "raw": {"id": id}}
        with acting_as(UNIT):
            return model._default_manager.create(id=id, **{**times, **values})

    def run(self, entity: str = "customers", **values: Any) -> SyncLog:
        now = timezone.now()
        usual = {
            "run": uuid4(), "mode": "incremental", "trigger": "schedule", "state": "succeeded", "worker": "machine:1:a",
            "started_at": now - timedelta(minutes=2), "finished_at": now - timedelta(minutes=1),
        }  # fmt: skip
        with acting_as(UNIT):
            return SyncLog.objects.create(entity=entity, **{**usual, **values})

    def cursor(self, entity: str = "customers", **values: Any) -> SyncCursor:
        with acting_as(UNIT):
            return SyncCursor.objects.create(entity=entity, **{"last_success_at": timezone.now(), **values})

    def reject(self, record_id: str = "77", **values: Any) -> SyncReject:
        now = timezone.now()
        usual = {
            "entity": "customers", "reason": 'Field balance: invalid input syntax for type numeric: "lots"',
            "payload": '{"id": 77, "balance": "lots"}', "first_seen_at": now - timedelta(hours=3), "last_tried_at": now,
        }  # fmt: skip
        with acting_as(UNIT):
            return SyncReject.objects.create(record_id=record_id, **{**usual, **values})

    def change(self, entity: str, record_id: int, kind: str = "changed", old: Any = None, new: Any = None) -> int:
        """Returns the transaction's number."""
        statement = (
            "INSERT INTO servicetitan.st_changes (entity, record_id, kind, old, new) "
            "VALUES (%s, %s, %s, %s::jsonb, %s::jsonb) RETURNING txid"
        )
        told = (json.dumps(old) if old else None, json.dumps(new) if new else None)
        with acting_as(UNIT), connections[UNIT].cursor() as cursor:
            cursor.execute(statement, [entity, record_id, kind, *told])
            return int(cursor.fetchone()[0])


@pytest.fixture
def mirror(db: None) -> Mirror:
    return Mirror()


@dataclass(frozen=True)
class Family:
    """One customer with everything that hangs on her."""

    customer: Customer
    contact: CustomerContact
    job: Job
    appointment: Appointment
    estimate: Estimate
    invoice: Invoice


@pytest.fixture
def family(mirror: Mirror) -> Family:
    mirror.add(BusinessUnit, 1204, name="Plumbing")
    mirror.add(JobType, 5301, name="Water Heater Repair")
    mirror.add(TagType, 7702, name="Do Not Call")
    customer = mirror.add(Customer, 11, name="Renée Taylor", type="Residential", city="Tempe", tag_type_ids=[7702, 9])
    contact = mirror.add(CustomerContact, 21, customer_id=11, type="Phone", value="(602) 555-0140")
    job = mirror.add(
        Job, 31, job_number="J31", customer_id=11, business_unit_id=1204, job_type_id=5301, job_status="Completed",
        summary="<p>Dogs &amp; cats</p><script>alert('boo')</script><p>Gate <b>code</b></p>",
    )  # fmt: skip
    appointment = mirror.add(Appointment, 41, job_id=31, customer_id=11, appointment_number="J31-1", status="Done")
    items = [{"id": 1, "sku": {"name": "DISP", "displayName": "Diagnosis"}, "qty": 2, "total": 99.5}]
    estimate = mirror.add(Estimate, 51, job_id=31, customer_id=11, name="Better", status="Sold", raw={"items": items})
    lines = [{"id": 2, "skuName": "FAUC", "displayName": "Faucet", "quantity": "1.0000", "total": "429.00"}]
    invoice = mirror.add(Invoice, 61, job_id=31, customer_id=11, reference_number="INV-61", raw={"items": lines})
    return Family(customer, contact, job, appointment, estimate, invoice)
