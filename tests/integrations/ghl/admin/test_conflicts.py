"""Conflicts as they really come about, with both sides and what can be done."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin import reasons
from integrations.admin.conflicts import PER_PAGE
from integrations.ghl import inbound
from integrations.models import Account, Contact, Opportunity, SyncRun
from tests.integrations.ghl.admin.conftest import Ghl, text_of, url
from tests.integrations.ghl.emulated import Vendor, vendor
from tests.integrations.ghl.pushed import Hub, hub
from tests.mirror import customer, email, estimate, load, phone

__all__ = ["Vendor", "hub", "vendor"]
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
CONFLICTS = "admin:integrations_contact_conflicts"


def test_a_shared_address_a_deleted_record_and_a_double_are_told_apart(operator: Client, hub: Hub) -> None:
    load("contacts", email(501, 50, "c1@example.com"), phone(502, 50))
    load("customers", customer(50, "Twin Sister"))
    hub.push()
    first, second = hub.contact(1), hub.contact(2)
    hub.vendor.human("delete_contact", id=first.ghl_id)
    field = hub.our_field("contact.st_customer_id")
    hub.vendor.human("create_contact", firstName="Double", customFields={field: "2"})
    report = hub.reconcile()
    assert report.contacts.gone == 1 and len(report.contacts.twins) == 1
    page = text_of(operator, reverse(CONFLICTS))
    for kind in ("shared", "deleted", "twice"):
        assert reasons.ALL[kind].title in page and reasons.ALL[kind].advice in page, kind
    assert url(Contact, "make_again", 1) in page and url(Contact, "try_again", 50) in page
    only = text_of(operator, f"{reverse(CONFLICTS)}?kind=twice")
    assert url(Contact, "change", second.pk) in only and url(Contact, "change", 50) not in only


def test_every_conflict_of_the_unit_has_a_kind(operator: Client, hub: Hub) -> None:
    """Sentences of the push are read here by their beginning: one that was worded anew would have no advice."""
    load("contacts", email(501, 50, "c1@example.com"), email(511, 51, "taken@example.com"))
    load("customers", customer(50), customer(51))
    hub.vendor.human("create_contact", firstName="Other", email="taken2@example.com")
    hub.push()
    load("contacts", email(511, 51, "taken2@example.com"))
    hub.push(customer_ids=(51,), estimate_ids=(), mode="chosen")
    hub.vendor.human("delete_opportunity", id=hub.card(77).ghl_id)
    hub.vendor.human("delete_contact", id=hub.contact(3).ghl_id)
    hub.reconcile()
    for model in (Contact, Opportunity):
        found = list(model.objects.filter(state="conflict").values_list("reason", flat=True))
        assert found
        assert [reason for reason in found if reasons.conflict_kind(reason) is None] == []
    kinds = {reasons.conflict_kind(row.reason).name for row in Contact.objects.filter(state="conflict")}  # type: ignore[union-attr] # just checked
    assert {"shared", "taken", "deleted"} <= kinds


def test_a_card_in_the_way_is_explained(operator: Client, hub: Hub) -> None:
    """The sub-account allows one card a contact from now on, and a person has made one."""
    hub.vendor.human("create_opportunity", contactId=hub.contact(1).ghl_id, pipelineId=hub.card(77).pipeline_id, name="By hand")
    hub.vendor.switch(allow_duplicate_opportunity=False)
    Account.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    load("estimates", estimate(78, 1))
    hub.push()
    page = text_of(operator, f"{reverse(CONFLICTS)}?kind=in-the-way")
    assert reasons.ALL["in-the-way"].advice in page
    assert url(Opportunity, "change", Opportunity.objects.get(st_customer_id=1, slot=0).pk) in page


def test_conflicts_come_page_by_page(operator: Client, ghl: Ghl) -> None:
    for id in range(1, PER_PAGE + 6):
        ghl.contact(id, state="conflict", reason="GoHighLevel has it twice: a and b carry the same number.")
    card = ghl.card(77, 1, state="conflict", reason="The opportunity was deleted at GoHighLevel. Nothing is sent.")
    first = text_of(operator, reverse(CONFLICTS))
    assert first.count("/try_again/") == PER_PAGE and "Next" in first and "Previous" not in first
    second = text_of(operator, f"{reverse(CONFLICTS)}?p=2")
    assert second.count("/try_again/") == 6 and url(Opportunity, "change", card.pk) in second and "Next" not in second
    assert text_of(operator, f"{reverse(CONFLICTS)}?p=zzz&kind=nonsense").count("/try_again/") == PER_PAGE


def test_a_real_comparison_is_what_the_parity_page_shows(operator: Client, hub: Hub) -> None:
    hub.vendor.human("edit_contact", id=hub.contact(2).ghl_id, city="Elsewhere")
    run = SyncRun.objects.create(mode="reconcile", state="succeeded", started_at=timezone.now(), trigger="test")
    run.parity = hub.reconcile().as_dict()
    run.save()
    page = text_of(operator, reverse("admin:integrations_syncrun_parity"))
    assert "Customer 2" in page and "City" in page
    page = text_of(operator, url(Contact, "change", 2))
    assert "Elsewhere" in page and "Mesa" in page and "differs" in page


def test_what_was_just_sent_does_not_differ(operator: Client, hub: Hub) -> None:
    """Tags go by calls of their own, after the answer that shows the contact."""
    load("tag_types", {"id": 7702, "active": True, "name": "VIP"}, {"id": 7703, "active": True, "name": "Lead"})
    load("contacts", email(601, 60), phone(602, 60))
    load("customers", customer(60, "Tagged Person", tagTypeIds=[7702, 7703]))
    hub.push()
    assert hub.at_ghl(hub.contact(60))["tags"] == ["st-lead", "st-vip"]
    page = text_of(operator, url(Contact, "change", 60))
    assert page.count("st-lead, st-vip") == 2 and "differs" not in page
    load("customers", customer(60, "Tagged Person", tagTypeIds=[7702]))
    hub.push()
    page = text_of(operator, url(Contact, "change", 60))
    assert "st-lead" not in page and "differs" not in page


def test_the_account_page_says_how_the_inbox_stands(operator: Client, hub: Hub) -> None:
    """The web process may not read it: the worker tells."""
    event = hub.hear("ContactUpdate", hub.contact(1).ghl_id)
    account = Account.objects.get()
    inbound.tell(account.pk)
    account.refresh_from_db()
    page = text_of(operator, url(Account, "change", account.pk))
    assert "ContactUpdate" in page and "None came yet" not in page and account.inbox["waiting"] == 1
    hub.process()
    inbound.tell(account.pk)
    account.refresh_from_db()
    assert account.inbox["waiting"] == 0 and account.inbox["came"] == event.received_at.isoformat()
