"""Real servers in throw-away folders. Whatever a test starts is ended here, also when the test fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import ensure
from config.isolation.egress import guard
from tests.embedded.helpers import throw_away_folder


@pytest.fixture(scope="session", autouse=True)
def homes() -> Iterator[None]:
    """Where root's folders are closed, PostgreSQL's files go here and not to the system's folders."""
    with throw_away_folder() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUB_PG_HOME", str(folder))
        yield


@pytest.fixture(autouse=True)
def opening() -> Iterator[None]:
    with guard.trusted("these tests look into servers of their own"):
        yield


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every account can enter: pytest's own are closed to all but their owner."""
    with throw_away_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def shared(homes: None) -> Iterator[Path]:
    """A data folder whose servers run, for tests that leave it as it is."""
    with throw_away_folder() as folder:
        ensure(folder / "hub")
        yield folder / "hub"


@pytest.fixture(scope="session")
def battered(homes: None) -> Iterator[Path]:
    with throw_away_folder() as folder:
        yield folder / "hub"


@pytest.fixture
def hub(battered: Path) -> Path:
    """A data folder whose servers run, for tests that stop and kill them: `ensure` mends what they did."""
    ensure(battered)
    return battered
