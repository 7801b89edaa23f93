"""The emulated org behind real HTTP, and pushes from the real mirror. Its clock runs with ours."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
import requests
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress import calls, guard
from config.isolation.redis import acl
from config.sandbox.loopback import running
from salesforce.http import shared_redis
from salesforce.models import Account, Contact, SyncLog
from salesforce.oauth.consent import Consent
from salesforce.oauth.grant import Grant
from salesforce.push.orders import Order, Report
from salesforce.push.run import Push
from salesforce.sandbox import KEY, Org, Sandbox, Switches, create_app, rules_from
from salesforce.sandbox.human import Human
from tests.mirror import wait_for_changes

QUIET: dict[str, Any] = {"duplicate_rule": "off"}
BROWSER = "the browser of a test"


@dataclass
class Vendor:
    """The sandbox, as a test drives it."""

    app: Sandbox
    address: str

    def switch(self, **values: Any) -> None:
        self.app.switches = Switches().changed(QUIET | values)

    def fault(self, *rules: dict[str, Any]) -> None:
        self.app.faults.set(rules_from(rules))

    def human(self, act: str, **values: Any) -> Any:
        with self.app.lock:
            return Human(self.app.org, self.app.oauth.grants).do({"act": act, **values})

    def records(self, sobject: str = "Contact") -> dict[int, dict[str, Any]]:
        """By the customer's number. Nobody is there twice."""
        rows = [dict(row) for row in self.app.org.tables[sobject].all() if row.get(KEY)]
        assert len({row[KEY] for row in rows}) == len(rows)
        return {int(row[KEY]): row for row in rows}

    def writes(self, sobject: str = "Contact") -> int:
        """Records that were saved by the API, new ones included."""
        return sum(record.writes + (record.by == "api") for record in self.app.org.tables[sobject].ever())

    def calls(self, path: str) -> int:
        return sum(count for name, count in self.app.traffic.calls.items() if path in name)

    def expire(self) -> None:
        """Every access token is dead: two hours have passed."""
        with self.app.lock:
            self.app.oauth.grants.expire()

    def click(self, address: str, decision: str = "allow") -> dict[str, str]:
        """What the callback gets after a person clicked at the address where the browser was sent."""
        self.switch(consent=decision)
        with guard.trusted("a person's browser goes to the consent page"):
            reply = requests.get(address, allow_redirects=False, timeout=10)
        return {name: values[-1] for name, values in parse_qs(urlsplit(reply.headers["Location"]).query).items()}

    def connect(self) -> Grant:
        """A person has connected the org."""
        consent = Consent(shared_redis())
        back = self.click(consent.address(BROWSER))
        return consent.finish(back["state"], back["code"], BROWSER, stats())


def stats() -> Any:
    return Report().stats


def forget_salesforce() -> None:
    """Every key of the unit, in this process's own database of the test server."""
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        if keys := list(client.scan_iter("salesforce:*")):
            client.delete(*keys)


@pytest.fixture
def vendor(settings: Settings, tmp_path: Path) -> Iterator[Vendor]:
    """With the unattended login; a test may change SALESFORCE_FLOW to web and connect."""
    assert acl.apply().refused == []
    app = create_app(Org(seed=5), Switches().changed(QUIET))
    given = app.org.credentials
    settings.SEAL_KEYS_FILES = {name: tmp_path / f"{name}.keys" for name in ("ghl", "salesforce")}
    settings.SALESFORCE_FLOW, settings.SALESFORCE_TIMEOUT_S = "client_credentials", 2
    settings.SALESFORCE_CLIENT_ID, settings.SALESFORCE_CLIENT_SECRET = given.client_id, given.client_secret
    settings.SALESFORCE_REDIRECT_URI, settings.SALESFORCE_BULK_FROM = given.redirect_uris[0], 0
    forget_salesforce()
    with running(app) as address, acting_as("salesforce"):
        settings.SALESFORCE_LOGIN_URL = settings.SALESFORCE_INSTANCE_URL = address
        yield Vendor(app, address)
    forget_salesforce()


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
    return Contact.objects.using("salesforce").get(pk=customer_id)


def account(customer_id: int) -> Account:
    return Account.objects.using("salesforce").get(pk=customer_id)


def logged(**which: Any) -> list[SyncLog]:
    return list(SyncLog.objects.using("salesforce").filter(**which).order_by("id"))


def due_now() -> None:
    """What waits for another try need not wait any longer."""
    for model in (Contact, Account):
        rows = model._default_manager.using("salesforce").filter(due_at__isnull=False)
        rows.update(due_at="2026-01-01T00:00:00Z")
