"""Fixtures of the whole suite. It runs on real servers, see `tests/settings.py`."""

from collections.abc import Iterator

import pytest
from django.db import connections

from config.isolation.egress import calls

pytest_plugins = ["tests.emptying", "tests.stray_keys", "tests.switch_keys"]  # what a test leaves in the database and in Redis


@pytest.fixture(autouse=True)
def no_calls_left_over() -> Iterator[None]:
    """What one test's calls left to be recorded is not written into another's tables."""
    yield
    calls.forget()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Before the test database is dropped, the units' connections to it are closed: Django closes only the owner's."""
    yield
    connections.close_all()
