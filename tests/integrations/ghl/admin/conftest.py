"""What GoHighLevel's pages show is made here as the unit would make it; and a look into its queue."""

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.celery import app
from config.isolation.actor import acting_as
from integrations.models import Account, Contact, Draft, Opportunity, StageRule, SyncLog, SyncRun
from tests.backoffice.conftest import Mirror, boss, family, mirror, operator, plain_settings, stranger

__all__ = ["Mirror", "boss", "family", "mirror", "operator", "plain_settings", "stranger"]

Queued = Callable[[], list[tuple[str, dict[str, Any]]]]
LOCATION = "loc0000000000000001"
SALES, INSTALL = "pipeSales", "pipeInstall"
PIPELINES = [
    {"id": SALES, "name": "Sales", "stages": [
        {"id": "sVisit", "name": "Appointment Scheduled"}, {"id": "sSent", "name": "Proposal Sent"},
        {"id": "sSold", "name": "Sold"}, {"id": "sLost", "name": "Lost"},
    ]},
    {"id": INSTALL, "name": "Install", "stages": [{"id": "sDone", "name": "Completed"}]},
]  # fmt: skip


@pytest.fixture
def queued() -> Iterator[Queued]:
    """Takes what waits in the unit's queue: (task, arguments) of each message, oldest first."""
    _drain()
    yield _drain
    _drain()


def _drain() -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    with app.connection_for_write() as connection, connection.SimpleQueue("ghl") as queue:
        while True:
            try:
                message = queue.get_nowait()
            except queue.Empty:
                return found
            _args, arguments, _embed = message.payload
            found.append((message.headers["task"], arguments))
            message.ack()


@dataclass(frozen=True)
class Ghl:
    """Makes rows as the push would."""

    def account(self, **values: Any) -> Account:
        usual = {
            "name": "Acme", "pipelines": PIPELINES, "lost_reasons": [{"id": "rPrice", "name": "Price"}],
            "seen_at": timezone.now(),
            "connection": {"kind": "private", "since": timezone.now().isoformat(), "calls_per_10_s": 100, "daily_calls": 200_000},
        }  # fmt: skip
        with acting_as("ghl"):
            return Account.objects.create(location_id=LOCATION, **{**usual, **values})

    def contact(self, id: int, **values: Any) -> Contact:
        usual = {"name": f"Customer {id}", "ghl_id": f"c{id}", "state": "sent", "sent_at": timezone.now(), "sent_hash": "x"}
        with acting_as("ghl"):
            return Contact.objects.create(st_customer_id=id, **{**usual, **values})

    def card(self, estimate_id: int, customer_id: int, **values: Any) -> Opportunity:
        usual = {
            "slot": estimate_id, "st_estimate_id": estimate_id, "st_customer_id": customer_id, "name": f"Heat pump {estimate_id}",
            "ghl_id": f"o{estimate_id}", "state": "sent", "pipeline_id": SALES, "stage_id": "sSent", "status": "open",
        }  # fmt: skip
        with acting_as("ghl"):
            return Opportunity.objects.create(**{**usual, **values})

    def run(self, **values: Any) -> SyncRun:
        now = timezone.now()
        usual = {
            "mode": "incremental", "trigger": "schedule", "state": "succeeded", "worker": "machine:1:a",
            "started_at": now - timedelta(minutes=2), "finished_at": now - timedelta(minutes=1),
        }  # fmt: skip
        with acting_as("ghl"):
            return SyncRun.objects.create(**{**usual, **values})

    def log(self, record_id: int, **values: Any) -> SyncLog:
        usual = {"kind": "contact", "act": "update", "state": "failed", "reason": "GoHighLevel refused it.", "at": timezone.now()}
        with acting_as("ghl"):
            return SyncLog.objects.create(record_id=record_id, **{**usual, **values})

    def draft(self, **values: Any) -> Draft:
        sample = [{"customer": 11, "name": "Renée Taylor", "changes": {"city": ["Tempe", "Mesa"], "tags": [["st-vip"], ["vip"]]}}]
        usual = {
            "changes": 80, "sent_contacts": 100, "fields": {"city": 80, "tags": 3}, "sample": sample, "made_at": timezone.now(),
        }  # fmt: skip
        with acting_as("ghl"):
            return Draft.objects.create(**{**usual, **values})

    def rule(self, happened: str = "sold", **values: Any) -> StageRule:
        usual = {"pipeline_id": SALES, "stage_id": "sSold", "status": "won"}
        with acting_as("ghl"):
            return StageRule.objects.create(happened=happened, **{**usual, **values})


@pytest.fixture
def ghl(db: None) -> Ghl:
    return Ghl()


@pytest.fixture
def viewer(db: None) -> Client:
    """Somebody who may look at everything of GoHighLevel, and at nothing else."""
    user = User.objects.create_user("vera", password="a quiet afternoon", is_staff=True)
    rights = Permission.objects.filter(content_type__app_label="integrations", codename__startswith="view_")
    user.user_permissions.set(rights)
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def url(model: type[Any], page: str, *args: Any) -> str:
    return reverse(f"admin:integrations_{model._meta.model_name}_{page}", args=args)


def text_of(client: Client, address: str) -> str:
    """The page as its author wrote it: quotes are quotes."""
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return html.unescape(answer.content.decode())
