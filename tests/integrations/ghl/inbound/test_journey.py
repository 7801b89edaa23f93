"""From a person's click at GoHighLevel to our mirror: emulator, HTTP, signature, inbox, worker."""

from typing import Any

import pytest

from config.isolation.actor import acting_as
from integrations.ghl import inbound_tasks
from integrations.ghl.models import Pushed
from tests.integrations.ghl.inbound.conftest import Site
from tests.integrations.ghl.pushed import Hub
from tests.integrations.ghl.webhooks.test_delivery import settle
from tests.mirror import customer, load, people

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

SWITCHES: dict[str, dict[str, Any]] = {
    "plainly": {},
    "repeated": {"webhook_duplicates": 1.0},
    "out of order": {"webhook_out_of_order": 0.5},
    "with forgeries": {"webhook_forged": 1.0},
    "nested, by the legacy signature": {"webhook_nested": True, "webhook_signatures": ["rsa"]},
}


@pytest.fixture(params=SWITCHES)
def lively(site: Site, hub: Hub, request: pytest.FixtureRequest) -> Hub:
    hub.vendor.switch(allow_duplicate_opportunity=True, **SWITCHES[request.param])
    hub.vendor.caller.control("PUT", "webhooks", {"url": f"{site.url}/webhooks/ghl/"})
    return hub


def heard(site: Site, hub: Hub) -> None:
    """All that was sent has come, and the worker has looked."""
    hub.vendor.caller.control("POST", "advance", {"seconds": 1})
    settle(site)
    with acting_as("ghl"):
        inbound_tasks.inbound_events()
        assert hub.open_events() == 0


def test_what_people_do_there_arrives_here(lively: Hub, site: Site) -> None:
    hub = lively
    one, two, three, card = hub.contact(1), hub.contact(2), hub.contact(3), hub.card(77)
    hub.vendor.human("edit_contact", id=one.ghl_id, city="Troy")
    hub.vendor.human("stop", id=two.ghl_id)
    hub.vendor.human("move_opportunity", id=card.ghl_id, stage="Sold")
    hub.vendor.human("delete_contact", id=three.ghl_id)
    heard(site, hub)
    assert (hub.contact(1).remote or {})["city"] == "Troy"
    assert hub.contact(1).dnd is False, "whatever a forger says"
    assert hub.contact(2).dnd_settings == {"sms": "permanent"}
    assert hub.card(77).moved_by_human
    assert hub.contact(3).state == Pushed.State.CONFLICT
    assert hub.reconcile().contacts.changed == 0, "nothing was missed"


def test_what_we_send_comes_back_and_changes_nothing(lively: Hub, site: Site) -> None:
    hub = lively
    people(2, first=50)
    load("customers", customer(1, name="Other Name"))
    hub.push()
    before = [vars(row) | {"_state": None, "seen_at": None} for row in (hub.contact(1), hub.contact(50), hub.card(77))]
    heard(site, hub)
    assert [vars(row) | {"_state": None, "seen_at": None} for row in (hub.contact(1), hub.contact(50), hub.card(77))] == before
    assert hub.push().state == "idle"
