"""A sub-account at a frozen moment, without limits and lag, and a caller for each version."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest

from config.isolation.egress import guard
from integrations.ghl.sandbox import Account, Clock, Sandbox, Switches, create_app
from tests.integrations.ghl.sandbox.caller import Caller
from tests.integrations.ghl.sandbox.contract import VERSIONS

START = datetime(2026, 11, 2, 15, tzinfo=UTC)


def trusted() -> AbstractContextManager[None]:
    return guard.trusted("these tests call the emulator as any client does, and it calls back")


@pytest.fixture(autouse=True)
def opening() -> Iterator[None]:
    with trusted():
        yield


@pytest.fixture
def app() -> Sandbox:
    app = create_app(Account(seed=3, clock=Clock.frozen(START)), Switches(burst_limit=0, search_lag=0))
    app.webhooks.opening = trusted
    return app


@pytest.fixture
def caller(app: Sandbox) -> Caller:
    return Caller(app)


@pytest.fixture(params=VERSIONS)
def either(app: Sandbox, request: pytest.FixtureRequest) -> Caller:
    """The same caller in both versions."""
    return Caller(app, request.param)
