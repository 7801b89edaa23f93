"""The emulated sub-account behind real HTTP, and pushes from the real mirror."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress import calls, guard
from config.sandbox.loopback import running
from integrations.ghl import http
from integrations.ghl.models import Contact, Opportunity
from integrations.ghl.push.orders import Order, Report
from integrations.ghl.push.run import Push
from integrations.ghl.sandbox import Account, Clock, Sandbox, Switches, create_app, rules_from
from integrations.ghl.sandbox.human import Human
from tests.mirror import wait_for_changes

CLEAN: dict[str, Any] = {"burst_limit": 0, "search_lag": 0.0, "allow_duplicate_opportunity": True}


@dataclass
class Vendor:
    """The emulator, as a test drives it."""

    app: Sandbox
    address: str

    def switch(self, **values: Any) -> None:
        self.app.switches = Switches().changed(CLEAN | values)

    def fault(self, *rules: dict[str, Any]) -> None:
        self.app.faults.set(rules_from(rules))

    def human(self, act: str, **values: Any) -> Any:
        with self.app.lock:
            return Human(self.app.account).do({"act": act, **values})

    def contacts(self) -> list[dict[str, Any]]:
        return list(self.app.account.contacts.records.all())

    def cards(self) -> list[dict[str, Any]]:
        return list(self.app.account.opportunities.records.all())

    def stage(self, card: dict[str, Any]) -> str:
        """The name of the stage the card stands in."""
        pipeline = self.app.account.pipelines[card["pipelineId"]]
        return next(str(stage["name"]) for stage in pipeline["stages"] if stage["id"] == card["pipelineStageId"])

    def state(self) -> dict[str, Any]:
        with guard.trusted("reads the emulator's own state"):
            state: dict[str, Any] = requests.get(f"{self.address}/sandbox/state", timeout=10).json()
        return state


@pytest.fixture
def vendor(settings: Settings) -> Iterator[Vendor]:
    app = create_app(Account(seed=5, clock=Clock()), Switches().changed(CLEAN))
    credentials = app.account.credentials
    with running(app) as address:
        settings.GHL_API_URL = address
        settings.GHL_API_TOKEN, settings.GHL_LOCATION_ID = credentials.token, credentials.location_id
        settings.GHL_TIMEOUT_S, settings.GHL_SETTLE_S = 2, 0
        settings.GHL_CALLS_PER_10_S = 100_000  # limits have tests of their own
        with acting_as("ghl"):
            location = credentials.location_id
            http.shared_redis().delete(
                "ghl:breaker:GHL_API_URL", *(f"ghl:{name}:{location}" for name in ("budget", "pause", "day"))
            )
        yield Vendor(app, address)


Pushing = Callable[..., Report]


@pytest.fixture
def push(vendor: Vendor, transactional_db: None) -> Pushing:
    """Run a push: `push(mode=...)`."""

    def run(**order: Any) -> Report:
        wait_for_changes()
        report = Push(Order(**order)).run()
        calls.flush()
        return report

    return run


def contact(customer_id: int) -> Contact:
    return Contact.objects.using("ghl").get(pk=customer_id)


def card(estimate_id: int) -> Opportunity:
    return Opportunity.objects.using("ghl").get(slot=estimate_id)
