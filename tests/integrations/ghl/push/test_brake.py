"""Many changes at once wait for a person."""

import pytest

from config.isolation.actor import acting_as
from integrations.ghl.models import Contact, Draft
from integrations.ghl.push import brake, decisions
from tests.integrations.ghl.push.conftest import Pushing, Vendor
from tests.mirror import customer, load, people

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brake, "LEAST", 5)


def rename_all(count: int = 20) -> None:
    load("customers", *(customer(id, f"Changed {id}") for id in range(1, count + 1)))


def names(vendor: Vendor) -> set[object]:
    return {row["firstName"] for row in vendor.contacts()}


def test_the_first_run_is_not_braked_and_a_mass_change_is(vendor: Vendor, push: Pushing) -> None:
    people(20)
    assert push().counts.created == 20
    rename_all()
    report = push()
    assert report.state == "braked" and not report.ok
    assert "20 of 20 contacts would change" in report.error
    assert names(vendor) == {"Customer"}
    draft = Draft.objects.using("ghl").get()
    assert draft.fields == {"firstName": 20}
    assert draft.sample[0]["changes"] == {"firstName": ["Customer", "Changed"]}
    assert push().state == "idle", "held until somebody decides"


def test_approved_it_is_sent(vendor: Vendor, push: Pushing) -> None:
    people(20)
    push()
    rename_all()
    push()
    with acting_as("ghl"):
        ids = decisions.decide(Draft.objects.get().pk, "ann", approve=True)
        assert decisions.decide(Draft.objects.get().pk, "bob", approve=False) == [], "decided once"
    push(customer_ids=tuple(ids), estimate_ids=())
    assert names(vendor) == {"Changed"}


def test_rejected_it_is_sent_with_the_next_change(vendor: Vendor, push: Pushing) -> None:
    people(20)
    push()
    rename_all()
    push()
    with acting_as("ghl"):
        decisions.decide(Draft.objects.get().pk, "ann", approve=False)
    assert push().state == "idle"
    load("customers", customer(3, "Later 3"))
    push()
    assert names(vendor) == {"Customer", "Later"}
    assert not Contact.objects.using("ghl").filter(draft__isnull=False).exists()


def test_what_did_not_really_change_does_not_count(vendor: Vendor, push: Pushing) -> None:
    people(20)
    push()
    load("customers", *(customer(id, balance=5) for id in range(1, 21)))
    report = push()
    assert (report.state, report.counts.unchanged) == ("succeeded", 20)
    assert report.stats.calls == 0
