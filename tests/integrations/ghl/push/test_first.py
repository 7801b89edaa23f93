"""Customers become contacts and estimates opportunities; nothing is sent twice."""

import pytest
from pytest_django.fixtures import Settings

from integrations.ghl.models import Pushed
from integrations.ghl.versions import BY_HEADER
from tests.integrations.ghl.push.conftest import Pushing, Vendor, card, contact
from tests.mirror import customer, email, estimate, load, people, phone

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
State = Pushed.State


@pytest.fixture(autouse=True, params=sorted(BY_HEADER))
def edition(request: pytest.FixtureRequest, vendor: Vendor, settings: Settings) -> None:
    """Either edition of the API leads to the same."""
    settings.GHL_API_VERSION = request.param


def test_the_first_run_sends_what_is_there(vendor: Vendor, push: Pushing) -> None:
    people(3)
    load("estimates", estimate(77, 2))
    report = push()
    assert report.error == "" and report.state == "succeeded"
    assert report.counts.created == 4
    sent = {row["email"]: row for row in vendor.contacts()}
    assert sent["c2@example.com"]["phone"] == "+16025550002"
    assert sent["c2@example.com"]["id"] == contact(2).ghl_id
    (shown,) = vendor.cards()
    assert shown["contactId"] == contact(2).ghl_id
    assert shown["monetaryValue"] == 1080.5
    assert vendor.stage(shown) == "Proposal Sent"
    assert card(77).state == State.SENT


def test_a_second_run_makes_no_call(vendor: Vendor, push: Pushing) -> None:
    people(3)
    push()
    report = push()
    assert report.state == "idle"
    assert report.stats.calls == 0


def test_everything_again_changes_nothing_there(vendor: Vendor, push: Pushing) -> None:
    people(3)
    load("estimates", estimate(77, 2))
    push()
    before = vendor.state()["contacts"]["changes"]
    report = push(mode="full")
    assert report.counts.unchanged == 4
    assert report.stats.calls == 0
    assert vendor.state()["contacts"]["changes"] == before


def test_a_change_is_an_update_by_id(vendor: Vendor, push: Pushing) -> None:
    people(1)
    push()
    load("customers", customer(1, "Smith, Anna"))
    report = push()
    assert report.counts.updated == 1
    (row,) = vendor.contacts()
    assert (row["firstName"], row["lastName"]) == ("Anna", "Smith")


def test_who_cannot_be_told_apart_is_listed_and_not_sent(vendor: Vendor, push: Pushing) -> None:
    load("customers", customer(1))
    load("contacts", phone(5, 2, "12"), email(6, 2, "no address"))
    load("customers", customer(2))
    push()
    assert vendor.contacts() == []
    assert {contact(1).state, contact(2).state} == {State.SKIPPED}
    assert "no phone number and no e-mail" in contact(2).reason
    load("contacts", phone(5, 2, "(602) 555-0177"))
    push()
    assert [row["phone"] for row in vendor.contacts()] == ["+16025550177"]


def test_the_estimate_may_come_before_its_customer(vendor: Vendor, push: Pushing) -> None:
    load("estimates", estimate(77, 9))
    push()
    assert vendor.cards() == []
    people(1, first=9)
    push()
    assert [row["contactId"] for row in vendor.cards()] == [contact(9).ghl_id]
