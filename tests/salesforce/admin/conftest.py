"""People in front of Salesforce's pages: behind them the emulated org, and a look into the unit's queue."""

import html
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from config.isolation.actor import acting_as
from tests.backoffice.conftest import boss, drain, operator, plain_settings, stranger
from tests.salesforce.emulated import Pushing, Vendor
from tests.salesforce.emulated import push as unit_push
from tests.salesforce.emulated import vendor as unit_vendor

__all__ = ["boss", "operator", "plain_settings", "stranger", "unit_push", "unit_vendor"]

Queued = Callable[[], list[tuple[str, dict[str, Any]]]]


@pytest.fixture
def vendor(unit_vendor: Vendor) -> Iterator[Vendor]:
    """The pages act as the back office, whatever the test around them acts as."""
    with acting_as("backoffice"):
        yield unit_vendor


@pytest.fixture
def push(vendor: Vendor, unit_push: Pushing) -> Pushing:
    return unit_push


@pytest.fixture
def queued() -> Iterator[Queued]:
    """Takes what waits in the unit's queue: (task, arguments) of each message, oldest first."""
    drain("salesforce")
    yield lambda: drain("salesforce")
    drain("salesforce")


def url(model: Any, page: str, pk: Any = None) -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[] if pk is None else [pk])


def text_of(client: Client, address: str) -> str:
    reply = client.get(address)
    assert reply.status_code == 200, (reply.status_code, reply.get("Location"))
    return html.unescape(reply.content.decode())
