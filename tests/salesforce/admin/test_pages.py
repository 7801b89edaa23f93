"""What the pages say, who may open them, and what their buttons ask for."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress.retries import Stats
from salesforce import connect
from salesforce.api.access import digest
from salesforce.models import (
    Account,
    ApiCall,
    ApiKey,
    BulkJob,
    Contact,
    FieldMapping,
    Org,
    SalesforceDelivery,
    SyncLog,
    SyncRun,
)
from salesforce.push import decisions
from tests.mirror import customer, email, load
from tests.salesforce.admin.conftest import Queued, text_of, url
from tests.salesforce.emulated import Pushing, Vendor, contact

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
LISTS = (SyncRun, Contact, Account, SyncLog, FieldMapping, ApiKey, BulkJob, SalesforceDelivery, ApiCall)


@pytest.fixture
def sent(vendor: Vendor, push: Pushing) -> Vendor:
    """Two customers in Salesforce, and one that it refused."""
    load("contacts", email(1, 1), email(2, 2))
    load("customers", customer(1, "Ann Lee"), customer(2, "Bob Ray"), customer(3, "Eve Fox"))
    vendor.fault({"action": "row_error", "path": "composite/sobjects", "key": "^3 ", "code": "OTHER", "message": "Not her."})
    push()
    return vendor


@pytest.mark.parametrize("model", LISTS)
def test_every_list_opens_empty_and_full(operator: Client, boss: Client, sent: Vendor, model: type) -> None:
    text_of(boss, url(model, "changelist"))
    if model is not ApiKey:
        text_of(operator, url(model, "changelist"))


@pytest.mark.parametrize("model", LISTS)
def test_a_stranger_sees_nothing(stranger: Client, vendor: Vendor, model: type) -> None:
    assert stranger.get(url(model, "changelist")).status_code == 403


def test_a_contact_with_both_sides(operator: Client, sent: Vendor) -> None:
    page = text_of(operator, url(Contact, "change", 1))
    assert "c1@example.com" in page and "not asked" in page and "Ask Salesforce now" in page
    sent.human("edit", id=sent.records()[1]["Id"], LastName="Married")
    live = text_of(operator, url(Contact, "change", 1) + "?live=1")
    assert "Married" in live and "not asked" not in live


def test_a_contact_where_salesforce_does_not_answer(operator: Client, sent: Vendor) -> None:
    sent.fault({"action": "status", "path": "sobjects/", "status": 403, "times": 0, "body": "no"})
    page = text_of(operator, url(Contact, "change", 1) + "?live=1")
    assert "could not be asked" in page and "c1@example.com" in page


def test_a_failed_one_says_why(operator: Client, sent: Vendor) -> None:
    page = text_of(operator, url(Contact, "change", 3))
    assert "Not her." in page and "failed" in page
    log = SyncLog.objects.get(st_customer_id=3)
    entry = text_of(operator, url(SyncLog, "change", log.pk))
    assert "Not her." in entry and not re.search(r"\bEve\b", re.sub(r"<title>.*?</title>", "", entry))
    run = text_of(operator, url(SyncRun, "change", log.run_id))
    assert "What needs a look" in run


def test_the_first_page_tells_what_needs_a_person(operator: Client, sent: Vendor) -> None:
    page = text_of(operator, reverse("admin:index"))
    assert "1 contacts refused by Salesforce" in page


def test_the_customers_page_leads_to_salesforce(operator: Client, sent: Vendor) -> None:
    page = text_of(operator, reverse("admin:servicetitan_customer_change", args=[1]))
    assert f"/{sent.records()[1]['Id']}" in page and url(Contact, "change", 1) in page


def test_buttons_ask_the_unit(operator: Client, sent: Vendor, queued: Queued) -> None:
    operator.post(url(SyncRun, "sync_now"))
    operator.post(url(SyncRun, "look_at_everything"))
    operator.post(url(Contact, "try_again", 3))
    operator.post(url(Contact, "try_failed"))
    who = {"trigger": "admin: olga"}
    assert queued() == [
        ("salesforce.sync", {"mode": "incremental", **who}),
        ("salesforce.sync", {"mode": "full", **who}),
        ("salesforce.retry", {"sobject": "Contact", "ids": [3], "who": "olga", **who}),
        ("salesforce.retry", {"sobject": "Contact", "state": "failed", "who": "olga", **who}),
    ]


def test_opening_a_buttons_address_does_nothing(operator: Client, sent: Vendor, queued: Queued) -> None:
    assert b"Sync now" in operator.get(url(SyncRun, "sync_now")).content
    assert queued() == []


def test_a_stopped_unit_offers_no_button(operator: Client, sent: Vendor, queued: Queued, settings: Settings) -> None:
    settings.SALESFORCE_SYNC_ENABLED = False
    assert "switched off" in text_of(operator, url(SyncRun, "sync_now"))
    operator.post(url(SyncRun, "sync_now"))
    assert queued() == []


def test_the_connection_and_its_set_up(boss: Client, operator: Client, sent: Vendor, queued: Queued) -> None:
    org = Org.objects.get()
    assert url(Org, "change", org.pk) == operator.get(url(Org, "changelist"))["Location"]
    page = text_of(operator, url(Org, "change", org.pk))
    assert "connected" in page and "Not checked yet" in page and url(Org, "disconnect", org.pk) not in page
    assert operator.post(url(Org, "disconnect", org.pk)).status_code == 403
    boss.post(url(Org, "disconnect", org.pk))
    operator.post(url(Org, "check_this", org.pk))
    assert [task for task, _ in queued()] == ["salesforce.disconnect", "salesforce.check"]


def test_the_findings_of_a_check_stand_on_the_page(operator: Client, sent: Vendor) -> None:
    sent.human("hide_field", sobject="Contact", name="ServiceTitan_Customer_ID__c")
    with acting_as("salesforce"):
        decisions.check_setup(connect.client(), Stats())
    page = text_of(operator, url(Org, "change", Org.objects.get().pk))
    assert "may not see it" in page and "Object Manager" in page


def test_a_person_is_led_to_the_consent(boss: Client, sent: Vendor, settings: Settings) -> None:
    settings.SALESFORCE_FLOW = "web"
    reply = boss.post(url(Org, "connect_again", Org.objects.get().pk))
    assert reply["Location"] == "/api/salesforce/auth"


def test_a_line_of_the_mapping_is_made_and_used(operator: Client, sent: Vendor, push: Pushing) -> None:
    form = {"source": "street", "place": "Contact.OtherStreet", "when_empty": "keep", "enabled": "on"}
    reply = operator.post(url(FieldMapping, "add"), form)
    assert reply.status_code == 302, reply.content
    row = FieldMapping.objects.get(target="OtherStreet")
    assert (row.sobject, row.source, row.suggested) == ("Contact", "street", False)
    push(mode="full")
    assert sent.records()[1]["OtherStreet"] == "1 Oak Street"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"source": "street", "place": "Contact.Phone"}, "Another line fills this field already"),
        ({"source": "street", "place": "Contact.Nothing__c"}, "Select a valid choice"),
        ({"source": "nothing", "place": "Contact.OtherCity"}, "Select a valid choice"),
        ({"source": "street", "place": "Contact.ServiceTitan_Customer_ID__c"}, "Select a valid choice"),
    ],
)
def test_a_line_that_cannot_be_is_refused(operator: Client, sent: Vendor, form: dict[str, str], said: str) -> None:
    before = FieldMapping.objects.count()
    reply = operator.post(url(FieldMapping, "add"), {**form, "when_empty": "keep", "enabled": "on"})
    assert said in reply.content.decode() and FieldMapping.objects.count() == before


def test_the_mapping_is_shown_on_a_real_customer(operator: Client, sent: Vendor) -> None:
    assert "What becomes of Eve Fox" in text_of(operator, url(FieldMapping, "changelist"))
    page = text_of(operator, url(FieldMapping, "changelist") + "?preview=1")
    assert "What becomes of Ann Lee" in page and "c1@example.com" in page


def test_a_key_is_shown_once_and_revoked(boss: Client, vendor: Vendor) -> None:
    page = boss.post(url(ApiKey, "add"), {"name": "Zapier", "scope": "sync", "until_0": "", "until_1": ""}, follow=True)
    found = re.search(r"hub_[\w-]{30,}", page.content.decode())
    assert found is not None
    row = ApiKey.objects.get()
    assert row.hash == digest(found[0]) and found[0] not in text_of(boss, url(ApiKey, "changelist"))
    caller = Client(headers={"Authorization": f"Bearer {found[0]}"})
    assert caller.get("/api/salesforce/status").status_code == 200
    boss.post(url(ApiKey, "revoke", row.pk))
    assert caller.get("/api/salesforce/status").status_code == 401


def test_operators_make_no_keys(operator: Client, vendor: Vendor) -> None:
    assert operator.get(url(ApiKey, "add")).status_code == 403


def test_the_search_finds_salesforces_ids(operator: Client, sent: Vendor) -> None:
    id = contact(1).sf_id or ""
    found = operator.get(reverse("admin:search"), {"s": id, "extended": "1"})
    assert url(Contact, "change", 1) in found.content.decode()


def test_nobody_is_sent_twice_by_a_page(operator: Client, sent: Vendor) -> None:
    writes = sent.writes()
    for model in LISTS[:4]:
        text_of(operator, url(model, "changelist"))
    assert sent.writes() == writes
