"""A small company, the emulator in front of it, and a caller."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from config.isolation.egress import guard
from servicetitan.sandbox import Clock, Company, Sandbox, Switches, create_app
from tests.servicetitan.sandbox.caller import FEEDS, Caller, Check
from tests.servicetitan.sandbox.contract import check

START = datetime(2026, 6, 1, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def opening() -> Iterator[None]:
    with guard.trusted("these tests call the emulator as any client does"):
        yield


@pytest.fixture(scope="session")
def conforms() -> Check:
    """Checks an answer of module/resource against the vendor's document for its status."""
    return check


@pytest.fixture
def company() -> Company:
    return Company(40, seed=7, clock=Clock.frozen(START), activity=0.5)


@pytest.fixture
def app(company: Company) -> Sandbox:
    return create_app(company, Switches(calls_a_second=0, export_batch_size=25))


@pytest.fixture
def caller(app: Sandbox) -> Caller:
    return Caller(app)


@pytest.fixture(scope="session")
def call() -> Callable[[Sandbox], Caller]:
    """For tests that build their own app."""
    return Caller


@pytest.fixture(scope="session")
def feeds() -> dict[str, str]:
    return dict(FEEDS)
