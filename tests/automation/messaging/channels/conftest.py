"""The channel of text messages, and the emulated Twilio that it calls over HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from automation.messaging.channels.base import Accepted, Outgoing
from automation.messaging.channels.twilio import Twilio
from automation.sandbox.app import Sandbox, create_app
from automation.sandbox.store import Store
from automation.sandbox.switches import Switches
from config.isolation import switches
from config.isolation.actor import acting_as
from config.sandbox.clock import Clock
from config.sandbox.faults import Rule, rules_from
from config.sandbox.loopback import running

ACCOUNT, SECRET, SENDER, ANN = "ACtest00000000000000000000000000000", "very-secret", "+14805550100", "+16025550001"
NOW = datetime(2026, 11, 24, 19, tzinfo=UTC)


@dataclass
class Phone:
    app: Sandbox

    def send(self, body: str = "Hi Ann, see you at 9.", to: str = ANN, key: str = "9:1:0") -> Accepted:
        return Twilio().send(Outgoing(key, 5, to, "", body))

    def find(self, body: str = "Hi Ann, see you at 9.", to: str = ANN, since: datetime = NOW) -> Accepted | None:
        return Twilio().find(Outgoing("9:1:0", 5, to, "", body), since)

    def fault(self, *rules: dict[str, Any]) -> None:
        self.app.faults.set(rules_from(rules, Rule))

    def switch(self, **values: Any) -> None:
        self.app.switches = self.app.switches.changed(values)

    def later(self, **span: float) -> None:
        self.app.store.clock.advance(timedelta(**span))

    @property
    def sids(self) -> list[str]:
        return list(self.app.store.messages)


@pytest.fixture
def phone(transactional_db: None, settings: Settings) -> Iterator[Phone]:
    app = create_app(Store(ACCOUNT, SECRET, Clock.frozen(NOW)), Switches())
    switches.publish()
    with running(app) as address, acting_as("automation"):
        settings.TWILIO_API_URL, settings.TWILIO_ACCOUNT_SID, settings.TWILIO_API_SECRET = address, ACCOUNT, SECRET
        settings.TWILIO_API_KEY, settings.TWILIO_FROM, settings.TWILIO_MESSAGING_SERVICE_SID = "", SENDER, ""
        settings.TWILIO_TIMEOUT_S, settings.HUB_PUBLIC_URL = 1, "https://hub.example.com"
        yield Phone(app)
