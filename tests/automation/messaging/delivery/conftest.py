"""A company that writes to people: the mirror, a workflow, templates, an emulated provider, and a clock that tests move."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from automation.messaging import addresses
from automation.messaging.delivery import run
from automation.messaging.delivery.run import Report
from automation.messaging.models import Message
from automation.messaging.wording import templates
from automation.messaging.wording.templates import Draft
from automation.sandbox.app import Sandbox, create_app
from automation.sandbox.store import Store
from automation.sandbox.switches import Switches
from automation.workflows import entering, events, stored
from automation.workflows.engine import tick
from automation.workflows.models import Trace
from config.isolation import switches
from config.isolation.actor import acting_as
from config.sandbox.clock import Clock
from config.sandbox.faults import Rule, rules_from
from config.sandbox.loopback import running
from servicetitan.models import SyncCursor
from tests.automation.messaging.conftest import NOON
from tests.mirror import customer, email, estimate, load, phone, wait_for_changes

FEEDS = ("customers", "contacts", "jobs", "appointments", "estimates", "invoices")
ACCOUNT, SECRET = "ACtest00000000000000000000000000000", "secret"


def number(customer_id: int) -> str:
    return f"+1602555{customer_id:04d}"


@dataclass
class Office:
    """`sent`: what the provider got, (recipient, text)."""

    app: Sandbox
    now: datetime = NOON
    faults: list[dict[str, Any]] = field(default_factory=list)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def customer(self, id: int, **more: Any) -> None:
        load("customers", customer(id, f"Ann Lee {'ABCDEFGHIJ'[id % 10]}", **more))
        load("contacts", phone(10 * id, id, number(id)), email(10 * id + 1, id))
        self.fresh()

    def fresh(self, ago: float = 1) -> None:
        """The mirror caught up so many minutes ago."""
        with acting_as("servicetitan"):
            for feed in FEEDS:
                SyncCursor.objects.update_or_create(entity=feed, defaults={"caught_up_at": self.now - timedelta(minutes=ago)})

    def template(self, name: str = "note", body: str = "Hi {{ customer.name }}", kind: str = "sms", **more: Any) -> None:
        usual = {"title": name, "purpose": "service", "entity": "estimate", "subject": "Hello" if kind != "sms" else ""}
        templates.store(Draft(**{**usual, **more, "name": name, "kind": kind, "body": body}), "test", self.now)

    def workflow(self, *steps: dict[str, Any], name: str = "test", **more: Any) -> None:
        usual: dict[str, Any] = {"name": name, "title": name, "trigger": {"event": "estimate.created"}, "newest_hours": 8760}
        stored.store({**usual, **more, "steps": list(steps)}, "test", self.now, enabled=True)

    def usual(self, **more: Any) -> None:
        """Customer 1 gets an estimate, and a workflow that writes about it at once."""
        self.customer(1)
        self.template()
        self.workflow({"do": "send sms", "template": "note"}, **more)
        self.estimate(1)
        self.decide()

    def estimate(self, id: int, customer_id: int = 1, **more: Any) -> None:
        load("estimates", estimate(id, customer_id, **more))

    def decide(self) -> None:
        """Workflows do what is due."""
        wait_for_changes()
        addresses.catch_up(self.now)
        events.catch_up(self.now)
        while entering.enter(self.now) or tick(self.now).runs:
            pass

    def send(self) -> Report:
        return run.once(lambda: self.now)

    def fault(self, *rules: dict[str, Any]) -> None:
        self.app.faults.set(rules_from(rules, Rule))

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [(one.to, one.body) for one in self.app.store.messages.values() if one.direction == "outbound-api"]

    def message(self, **which: Any) -> Message:
        return Message.objects.get(**which)

    def why(self, id: int = 1) -> list[str]:
        rows = Trace.objects.filter(entity_id=id, entity="estimate").order_by("id")
        return [f"{what}: {why}" for what, why in rows.values_list("what", "why")]


def forget_redis() -> None:
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        if keys := list(client.scan_iter("automation:*")):
            client.delete(*keys)


@pytest.fixture
def office(transactional_db: None, settings: Settings) -> Iterator[Office]:
    forget_redis()  # another test's database knew other claims
    app = create_app(Store(ACCOUNT, SECRET, Clock()), Switches().changed({"sent_after": 0.0, "delivered_after": 0.0}))
    with running(app) as address, acting_as("automation"):
        settings.TWILIO_API_URL, settings.TWILIO_ACCOUNT_SID, settings.TWILIO_API_SECRET = address, ACCOUNT, SECRET
        settings.TWILIO_TIMEOUT_S, settings.TWILIO_FROM, settings.HUB_PUBLIC_URL = 1, "+14805550100", ""
        settings.MESSAGING_SMS, settings.MESSAGING_EMAIL, settings.MESSAGING_SMS_OPT_IN = "twilio", "file", "number"
        switches.publish()
        desk = Office(app)
        events.catch_up(desk.now)  # from here on
        yield desk
        app.closing.set()
