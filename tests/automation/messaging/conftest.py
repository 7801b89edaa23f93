"""People who may be written to, and a clock that tests move."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from automation.messaging import addresses
from config.isolation import switches
from config.isolation.actor import acting_as
from tests.mirror import wait_for_changes

NOON = datetime(2026, 11, 24, 19, tzinfo=UTC)  # a Tuesday in Phoenix


@pytest.fixture
def unit(transactional_db: None) -> Iterator[None]:
    """Acting as the unit, with the switches as they are usually."""
    switches.publish()
    with acting_as("automation"):
        yield


def heard(now: datetime = NOON) -> None:
    """What the office noted is in the ledger."""
    wait_for_changes()
    addresses.catch_up(now)
