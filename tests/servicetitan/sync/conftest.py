"""A small company behind real HTTP, and syncs of it into the real database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress import calls
from config.sandbox.loopback import running
from servicetitan import http
from servicetitan.entities import ENTITIES, FEEDS, Entity, named
from servicetitan.models import SyncLog
from servicetitan.sandbox import Clock, Company, Sandbox, Switches, create_app
from servicetitan.sandbox.faults import rules_from
from servicetitan.sync.ledger import Ledger
from servicetitan.sync.run import Order, Sync

START = datetime(2026, 6, 1, 15, tzinfo=UTC)
CLEAN = {"calls_a_second": 0, "export_batch_size": 40, "export_lag_minutes": 15.0}
REFERENCE_NAMES = {"business_units": "business-units", "job_types": "job-types", "tag_types": "tag-types"}


@dataclass
class Vendor:
    """The sandbox, as a test drives it."""

    app: Sandbox
    company: Company

    def switch(self, **values: Any) -> None:
        self.app.switches = Switches().changed(CLEAN | values)

    def fault(self, *rules: dict[str, Any]) -> None:
        self.app.faults.set(rules_from(rules))

    def live(self, **step: float) -> None:
        self.company.clock.advance(timedelta(**step))

    def truth(self, entity: Entity) -> dict[int, dict[str, Any]]:
        """Every record as it is now, by id."""
        return {row["id"]: row for row in self.company.records(REFERENCE_NAMES.get(entity.name, entity.name))}


@pytest.fixture
def vendor(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    company = Company(40, seed=7, clock=Clock.frozen(START), activity=0.5)
    app = create_app(company, Switches().changed(CLEAN))
    monkeypatch.setattr(http, "LONGEST_PAUSE_S", 0.05)  # the vendor's worst day, in a test's time
    with running(app) as address:
        settings.SERVICETITAN_API_URL = settings.SERVICETITAN_AUTH_URL = address
        settings.SERVICETITAN_TENANT_ID = str(app.credentials.tenant)
        settings.SERVICETITAN_TIMEOUT_S = 2
        with acting_as("servicetitan"):
            http.shared_redis().delete(*(f"servicetitan:breaker:SERVICETITAN_{part}_URL" for part in ("API", "AUTH")))
        yield Vendor(app, company)


Run = Callable[..., dict[str, Ledger]]


@pytest.fixture
def sync(vendor: Vendor, transactional_db: None) -> Run:
    """Run a sync: `sync("customers", mode=...)`. Returns the ledgers by entity."""

    def run(*names: str, **order: Any) -> dict[str, Ledger]:
        entities = named(names) if names else ENTITIES
        ledgers = {ledger.entity: ledger for ledger in Sync(Order(entities, **order)).run()}
        calls.flush()
        return ledgers

    return run


@pytest.fixture
def feeds() -> tuple[Entity, ...]:
    return FEEDS


Mode, State = SyncLog.Mode, SyncLog.State
