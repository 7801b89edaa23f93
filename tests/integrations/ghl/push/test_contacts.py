"""Who is who at GoHighLevel: adopted, not doubled; what it does not take is told."""

from typing import Any

import pytest

from config.isolation.actor import acting_as
from integrations.ghl.models import Contact, Pushed, SyncLog
from integrations.ghl.push import decisions
from tests.integrations.ghl.push.conftest import Pushing, Vendor, card, contact
from tests.mirror import customer, email, estimate, load, people, phone

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
State = Pushed.State


def there(vendor: Vendor, id: int) -> dict[str, Any]:
    return next(row for row in vendor.contacts() if row["id"] == contact(id).ghl_id)


def test_a_contact_that_is_there_is_adopted(vendor: Vendor, push: Pushing) -> None:
    vendor.human("create_contact", email="C1@Example.com", firstName="Old", tags=["vip"])
    people(1)
    report = push()
    assert report.counts.adopted == 1
    (row,) = vendor.contacts()
    assert row["firstName"] == "Customer" and row["tags"] == ["vip"]
    assert contact(1).adopted


def test_two_customers_with_one_address_are_not_one_contact(vendor: Vendor, push: Pushing) -> None:
    load("contacts", email(10, 1, "home@example.com"), phone(11, 1), email(20, 2, "home@example.com"), phone(21, 2))
    load("contacts", email(30, 3, "home@example.com"))
    load("customers", customer(1, "Ann One"), customer(2, "Bob Two"), customer(3, "Cal Three"))
    push()
    names = sorted(str(row["firstName"]) for row in vendor.contacts())
    holders = Contact.objects.using("ghl").filter(email="home@example.com")
    assert names in (["Ann", "Bob"], ["Ann", "Bob", "Cal"])
    assert holders.count() == 1
    states = {row.pk: row.state for row in Contact.objects.using("ghl")}
    assert sorted(states.values()) == [State.CONFLICT, State.CONFLICT, State.SENT]
    losers = Contact.objects.using("ghl").filter(state=State.CONFLICT)
    assert all(f"customer {holders.get().pk}'s" in row.reason for row in losers)


def test_what_the_vendor_drops_without_a_word_is_told(vendor: Vendor, push: Pushing) -> None:
    """E-mail of one contact there, phone of another: the vendor takes the first and ignores the second."""
    vendor.human("create_contact", email="c1@example.com")
    vendor.human("create_contact", phone="+16025550001")
    people(1)
    push()
    row = contact(1)
    assert row.state == State.CONFLICT
    assert "did not take the phone number" in row.reason
    assert row.ghl_id


def test_an_address_that_another_contact_has_is_left_out(vendor: Vendor, push: Pushing) -> None:
    people(1)
    push()
    other = vendor.human("create_contact", email="new@example.com")
    load("contacts", email(10, 1, "new@example.com"))
    load("customers", customer(1, "Ann Renamed"))
    push()
    row = contact(1)
    assert row.state == State.CONFLICT
    assert str(other["id"]) in row.reason
    assert there(vendor, 1)["lastName"] == "Renamed", "everything else was sent"


def test_tags_of_others_stay(vendor: Vendor, push: Pushing) -> None:
    load("tag_types", {"id": 5, "name": "Gold Club", "active": True}, {"id": 6, "name": "Old", "active": True})
    people(1)
    load("customers", customer(1, tagTypeIds=[5, 6]))
    push()
    id = contact(1).ghl_id
    vendor.human("edit_contact", id=id, tags=["st-gold club", "st-old", "theirs"])
    load("customers", customer(1, tagTypeIds=[5]))
    push()
    assert sorted(there(vendor, 1)["tags"]) == ["st-gold club", "theirs"]


def test_do_not_disturb_is_read_and_never_written(vendor: Vendor, push: Pushing) -> None:
    people(1)
    push()
    vendor.human("stop", id=contact(1).ghl_id)
    load("customers", customer(1, "Ann New"))
    push()
    row = contact(1)
    assert (row.dnd_settings or {})["sms"] == "permanent"
    assert there(vendor, 1)["dndSettings"]["sms"]["status"] == "permanent"
    sent = SyncLog.objects.using("ghl").exclude(request=None).values_list("request", flat=True)
    assert not any("dnd" in str(request).lower() for request in sent)


def test_a_merged_customers_contact_goes_to_the_other(vendor: Vendor, push: Pushing) -> None:
    people(1)
    push()
    id = contact(1).ghl_id
    load("contacts", email(90, 2, "c1@example.com"))
    load("customers", customer(1, mergedToId=2, active=False), customer(2, "Ann Heir"))
    push()
    push()
    assert [row["id"] for row in vendor.contacts()] == [id]
    assert contact(2).ghl_id == id and contact(1).ghl_id is None
    assert "merged into customer 2" in contact(1).reason


def test_an_inactive_customer_is_tagged_where_it_is_and_not_sent_where_it_is_not(vendor: Vendor, push: Pushing) -> None:
    people(2)
    load("customers", customer(2, active=False))
    push()
    assert len(vendor.contacts()) == 1
    load("customers", customer(1, active=False))
    push()
    assert there(vendor, 1)["tags"] == ["st-inactive"]


def test_deleted_there_it_waits_for_a_decision(vendor: Vendor, push: Pushing) -> None:
    people(1)
    load("estimates", estimate(77, 1))
    push()
    vendor.human("delete_contact", id=contact(1).ghl_id)
    load("customers", customer(1, "Ann New"))
    push()
    assert contact(1).state == State.CONFLICT and contact(1).gone_at
    load("customers", customer(1, "Ann Newer"))
    assert push().stats.calls == 0, "nothing is sent until somebody decides"

    with acting_as("ghl"):
        assert decisions.make_again("contact", 1)
        assert decisions.make_again("opportunity", card(77).pk) in (True, False)
    push()
    assert contact(1).state == State.SENT
    assert len(vendor.contacts()) == 1


def test_values_that_are_refused_fail_alone(vendor: Vendor, push: Pushing) -> None:
    people(3)
    vendor.fault(
        {"action": "status", "status": 422, "path": "upsert", "times": 1, "content_type": "application/json",
         "body": '{"statusCode": 422, "message": ["city must be a string"], "error": "Unprocessable Entity"}'}
    )  # fmt: skip
    report = push()
    assert (report.state, report.counts.created, report.counts.failed) == ("partial", 2, 1)
    (failed,) = Contact.objects.using("ghl").filter(state=State.FAILED)
    assert "city must be a string" in failed.reason
    assert failed.attempts == 1 and failed.due_at is not None
