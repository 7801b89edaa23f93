"""An org at a frozen moment, served on loopback, and a caller."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from config.isolation.egress import guard
from salesforce.sandbox import Clock, Org, Sandbox, Switches, create_app, running
from tests.salesforce.sandbox.caller import Caller

START = datetime(2026, 11, 2, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def opening() -> Iterator[None]:
    with guard.trusted("these tests call the emulator as any client does"):
        yield


@pytest.fixture
def app() -> Sandbox:
    return create_app(Org(seed=3, clock=Clock.frozen(START)), Switches(duplicate_rule="off"))


@pytest.fixture
def caller(app: Sandbox) -> Iterator[Caller]:
    with running(app) as url:
        caller = Caller(app, url)
        yield caller
        caller.session.close()
