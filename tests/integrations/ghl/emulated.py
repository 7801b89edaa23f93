"""The emulated vendor behind real HTTP, for the tests of what comes back from it. Its clock runs with ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress import guard
from config.isolation.egress.retries import Stats
from config.isolation.redis import acl
from config.sandbox.loopback import running
from integrations.ghl.http import shared_redis
from integrations.ghl.oauth.consent import Consent
from integrations.ghl.oauth.grant import Grant
from integrations.ghl.sandbox import Account, Sandbox, Switches, create_app, rules_from
from integrations.ghl.sandbox.human import Human
from tests.integrations.ghl.sandbox.caller import Caller

QUIET = {"burst_limit": 0, "search_lag": 0}


@dataclass
class Vendor:
    """The sandbox, as a test drives it."""

    app: Sandbox
    caller: Caller

    def switch(self, **values: Any) -> None:
        self.app.switches = Switches().changed(QUIET | values)

    def fault(self, *rules: dict[str, Any]) -> None:
        self.app.faults.set(rules_from(rules))

    def human(self, act: str, **values: Any) -> dict[str, Any]:
        with self.app.lock:
            return Human(self.app.account).do({"act": act, **values})

    def calls(self, path: str) -> int:
        return sum(count for name, count in self.app.traffic.calls.items() if path in name)

    @property
    def rotations(self) -> int:
        """Refresh tokens that were used up."""
        return int(self.caller.control("GET", "state").json["rotations"])

    def connect(self) -> Grant:
        """An operator has gone through the consent page."""
        return Consent(shared_redis()).finish(self.app.authority.authorize(), Stats())


def forget_ghl() -> None:
    """Every key of the unit, in this process's own database of the test server."""
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        if keys := list(client.scan_iter("ghl:*")):
            client.delete(*keys)


@pytest.fixture
def vendor(settings: Settings, tmp_path: Path) -> Iterator[Vendor]:
    assert acl.apply().refused == []
    app = create_app(Account(seed=5), Switches().changed(QUIET))
    app.webhooks.opening = lambda: guard.trusted("the emulated vendor calls back")
    given = app.account.credentials
    settings.SEAL_KEYS_FILES = {name: tmp_path / f"{name}.keys" for name in ("ghl", "salesforce")}
    settings.GHL_API_TOKEN, settings.GHL_API_VERSION, settings.GHL_TIMEOUT_S = "", "2021-07-28", 2
    settings.GHL_LOCATION_ID = given.location_id
    settings.GHL_OAUTH_CLIENT_ID, settings.GHL_OAUTH_CLIENT_SECRET = given.client_id, given.client_secret
    forget_ghl()
    with running(app) as address, acting_as("ghl"):
        settings.GHL_API_URL = address
        yield Vendor(app, Caller(app))
    forget_ghl()
