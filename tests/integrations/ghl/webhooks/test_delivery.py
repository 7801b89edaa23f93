"""The emulated vendor delivers: twice, out of order, forged, nested, and again after a 429."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from tests.integrations.ghl.webhooks.conftest import Site

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture
def subscribed(site: Site) -> Iterator[Site]:
    site.vendor.caller.control("PUT", "webhooks", {"url": f"{site.url}/webhooks/ghl/"})
    yield site
    site.vendor.caller.control("PUT", "webhooks", {})
    settle(site)


def settle(site: Site) -> dict[str, Any]:
    """Until nothing is under way."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        report: dict[str, Any] = site.vendor.app.webhooks.report()
        if not report["waiting"] or report.get("retried"):
            break
        time.sleep(0.01)
    return report


def live(site: Site) -> str:
    """A contact's life: five events."""
    id = str(site.vendor.human("create_contact", email="a@example.com")["id"])
    site.vendor.human("edit_contact", id=id, city="Troy")
    site.vendor.human("edit_contact", id=id, tags=["vip"])
    site.vendor.human("stop", id=id)
    site.vendor.human("delete_contact", id=id)
    return id


TYPES = ["ContactCreate", "ContactUpdate", "ContactTagUpdate", "ContactDndUpdate", "ContactDelete"]


@pytest.mark.parametrize("switches", [{}, {"webhook_nested": True}, {"webhook_signatures": ["rsa"]}])
def test_each_event_is_kept_once(subscribed: Site, switches: dict[str, Any]) -> None:
    subscribed.vendor.switch(**switches)
    id = live(subscribed)
    assert settle(subscribed)["delivered"] == 5
    assert subscribed.inbox() == [(type, id) for type in TYPES]
    assert "ghl.inbound" in subscribed.rung


def test_repeated_and_out_of_order(subscribed: Site) -> None:
    subscribed.vendor.switch(webhook_duplicates=1.0, webhook_out_of_order=0.5)
    id = live(subscribed)
    subscribed.vendor.caller.control("POST", "advance", {"seconds": 1})
    report = settle(subscribed)
    assert report["delivered"] == 10
    assert sorted(subscribed.inbox()) == sorted((type, id) for type in TYPES)


def test_forged_ones_are_refused(subscribed: Site) -> None:
    subscribed.vendor.switch(webhook_forged=1.0)
    live(subscribed)
    report = settle(subscribed)
    assert (report["delivered"], report["failed"]) == (5, 5)
    assert len(subscribed.inbox()) == 5


def test_unsigned_ones_are_refused(subscribed: Site) -> None:
    subscribed.vendor.switch(webhook_signatures=[])
    live(subscribed)
    assert settle(subscribed)["failed"] == 5
    assert subscribed.inbox() == []


def test_what_could_not_be_stored_comes_again(subscribed: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as shut:
        shut.setitem(connections["default"].settings_dict, "PASSWORD", "wrong")
        subscribed.vendor.human("create_contact", email="a@example.com")
        assert settle(subscribed)["retried"] == 1
    assert subscribed.inbox() == []
    subscribed.vendor.caller.control("POST", "advance", {"hours": 1})
    deadline = time.monotonic() + 20
    while not subscribed.vendor.app.webhooks.report().get("delivered") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [type for type, _ in subscribed.inbox()] == ["ContactCreate"]
