"""A sub-account that has been pushed to, and what people do there afterwards."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress import calls
from config.isolation.egress.retries import Stats
from integrations.ghl import connect, inbound
from integrations.ghl.inbound import Counts
from integrations.ghl.models import Contact, Opportunity, SyncLog, WebhookEvent
from integrations.ghl.parity import Report
from integrations.ghl.push.orders import Order
from integrations.ghl.push.orders import Report as PushReport
from integrations.ghl.push.run import Push
from integrations.ghl.reconcile import reconcile
from tests.integrations.ghl.emulated import Vendor
from tests.mirror import estimate, load, people, wait_for_changes


@dataclass
class Hub:
    vendor: Vendor

    def push(self, **order: Any) -> PushReport:
        wait_for_changes()
        report = Push(Order(**order)).run()
        assert report.error == ""
        calls.flush()
        return report

    def process(self, **options: Any) -> Counts:
        counts = inbound.process(connect.client(), Stats(), **options)
        calls.flush()
        return counts

    def reconcile(self) -> Report:
        report = reconcile(connect.client(), Stats())
        calls.flush()
        return report

    def hear(self, type: str, record_id: str | None, ago: timedelta = timedelta(0)) -> WebhookEvent:
        """An event that the site has put into the inbox."""
        assert record_id is not None
        return WebhookEvent.objects.create(
            webhook_id=str(uuid.uuid4()), type=type, record_id=record_id, received_at=timezone.now() - ago
        )

    def open_events(self) -> int:
        return WebhookEvent.objects.filter(done_at__isnull=True).count()

    def contact(self, customer_id: int) -> Contact:
        return Contact.objects.get(pk=customer_id)

    def card(self, estimate_id: int) -> Opportunity:
        return Opportunity.objects.get(slot=estimate_id)

    def at_ghl(self, row: Contact | Opportunity) -> dict[str, Any]:
        """The record as it truly is there."""
        kind = "contacts" if isinstance(row, Contact) else "opportunities"
        record: dict[str, Any] = self.vendor.caller.control("GET", f"records/{kind}/{row.ghl_id}").json
        return record

    def our_field(self, name: str) -> str:
        fields = self.vendor.app.account.fields.by_id.values()
        return next(str(field["id"]) for field in fields if field["fieldKey"] == name)

    def log(self, **which: Any) -> list[str]:
        return list(SyncLog.objects.filter(**which).order_by("id").values_list("reason", flat=True))


@pytest.fixture
def hub(vendor: Vendor, transactional_db: None, settings: Settings) -> Iterator[Hub]:
    """Three customers and an estimate, sent a while ago."""
    settings.GHL_API_TOKEN = vendor.app.account.credentials.token
    settings.GHL_CALLS_PER_10_S, settings.GHL_SETTLE_S = 100_000, 0
    vendor.switch(allow_duplicate_opportunity=True)
    people(3)
    load("estimates", estimate(77, 2))
    with acting_as("ghl"):
        hub = Hub(vendor)
        hub.push()
        long_ago(Contact, Opportunity)
        yield hub


def long_ago(*models: type[Contact] | type[Opportunity]) -> None:
    """So that what is sent and seen is no news any more."""
    for model in models:
        rows = model._default_manager.filter(ghl_id__isnull=False)
        then = timezone.now() - timedelta(hours=1)
        rows.update(sent_at=then, seen_at=then)
