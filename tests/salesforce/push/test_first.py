"""A first push, what changes afterwards, and what costs no call."""

import json
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from salesforce.http import shared_redis
from salesforce.models import FieldMapping, Pushed, SyncRun
from salesforce.push.progress import KEY as PROGRESS
from salesforce.sandbox import KEY, Credentials, Org, Switches, create_app, running
from tests.mirror import customer, email, load, people, phone
from tests.salesforce.emulated import QUIET, Pushing, Vendor, account, contact, logged

State = Pushed.State
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def test_customers_become_contacts(vendor: Vendor, push: Pushing) -> None:
    load("contacts", email(1, 1), phone(2, 1, "602 555 0123"), email(3, 2))
    load("customers", customer(1, "Ann Lee"), customer(2, "Desert Air LLC", type="Commercial"))
    report = push()
    assert (report.state, report.counts.created, report.error) == ("succeeded", 2, "")
    ann = vendor.records()[1]
    assert (ann["FirstName"], ann["LastName"], ann["Email"], ann["Phone"]) == ("Ann", "Lee", "c1@example.com", "+16025550123")
    assert (ann["MailingStreet"], ann["MailingCity"], ann["MailingState"], ann["MailingCountry"]) == (
        "1 Oak Street", "Mesa", "AZ", "United States",
    )  # fmt: skip
    firm = vendor.records()[2]
    assert firm["LastName"] == "Desert Air LLC" and "FirstName" not in firm
    assert contact(1).state == State.SENT and contact(1).sf_id == ann["Id"]


def test_what_is_there_already_costs_no_call(vendor: Vendor, push: Pushing) -> None:
    people(3)
    push()
    calls, writes = vendor.app.calls, vendor.writes()
    assert push().state == "idle"
    assert push(mode="full").counts.unchanged == 3
    assert (vendor.app.calls, vendor.writes()) == (calls, writes)


def test_a_change_is_sent_alone_and_once(vendor: Vendor, push: Pushing) -> None:
    people(3)
    push()
    load("customers", customer(2, "Bob Ray"))
    report = push()
    assert (report.counts.updated, report.counts.created, report.stats.calls) == (1, 0, 1)
    assert vendor.records()[2]["LastName"] == "Ray"
    assert vendor.writes() == 4


def test_five_hundred_are_three_calls(vendor: Vendor, push: Pushing) -> None:
    people(500)
    assert push().counts.created == 500
    assert vendor.calls("/composite/sobjects") == 3
    assert set(vendor.records()) == set(range(1, 501))


def test_a_value_that_is_gone_is_kept_there_or_emptied_as_the_mapping_says(vendor: Vendor, push: Pushing) -> None:
    load("contacts", email(1, 1), phone(2, 1))
    load("customers", customer(1))
    push()
    FieldMapping.objects.filter(target="Phone").update(when_empty="clear")
    load("contacts", email(1, 1, active=False), phone(2, 1, active=False))
    push()
    there = vendor.records()[1]
    assert there["Email"] == "c1@example.com" and "Phone" not in there


def test_too_long_texts_are_cut_with_a_note(vendor: Vendor, push: Pushing) -> None:
    load("customers", customer(1, "X" * 100, type="Commercial"))
    assert push().counts.created == 1
    assert vendor.records()[1]["LastName"] == "X" * 80
    assert contact(1).notes == ["Last Name was cut to 80 characters."]


def test_lists_of_states_get_codes(vendor: Vendor, push: Pushing) -> None:
    vendor.switch(state_country_picklists=True)
    load("customers", customer(1), customer(2, address={"street": "1 Elm", "city": "X", "state": "Narnia", "country": None}))
    assert push().counts.created == 2
    there = vendor.records()[1]
    assert (there["MailingStateCode"], there["MailingCountryCode"]) == ("AZ", "US")
    assert "MailingStateCode" not in vendor.records()[2]
    assert "Narnia" in contact(2).notes[0]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"active": False}, "The customer is inactive in ServiceTitan."),
        ({"mergedToId": 9}, "The customer was merged into customer 9 in ServiceTitan."),
    ],
)
def test_who_is_not_to_be_sent_is_listed(vendor: Vendor, push: Pushing, record: dict[str, Any], reason: str) -> None:
    load("customers", customer(1, **record))
    report = push()
    assert (report.counts.skipped, contact(1).state, contact(1).reason) == (1, State.SKIPPED, reason)
    assert not vendor.records()


def test_computed_values_follow_invoices_and_jobs(vendor: Vendor, push: Pushing) -> None:
    for name, type in (("Value__c", "Currency"), ("Seen__c", "Date"), ("Segment__c", "Text")):
        vendor.human("add_field", sobject="Contact", name=name, type=type, label=name, length=40)
    load("customers", customer(1))
    push()
    for source, target in (("lifetime_value", "Value__c"), ("last_service_on", "Seen__c"), ("segment", "Segment__c")):
        FieldMapping.objects.create(sobject="Contact", source=source, target=target)
    push(mode="full")
    assert vendor.records()[1]["Segment__c"] == "New"
    load("invoices", {"id": 5, "active": True, "customer": {"id": 1, "name": "x"}, "total": "120.50"})
    load("jobs", {"id": 6, "active": True, "customerId": 1, "jobStatus": "Completed", "completedOn": "2026-11-20T20:00:00Z"})
    assert push().counts.updated == 1
    there = vendor.records()[1]
    assert (there["Value__c"], there["Seen__c"], there["Segment__c"]) == (120.5, "2026-11-20", "Active")


def test_each_customer_with_an_account(vendor: Vendor, push: Pushing, settings: Settings) -> None:
    settings.SALESFORCE_ACCOUNTS = "customer"
    people(3)
    report = push()
    assert (report.counts.created, report.error) == (6, "")
    accounts = vendor.records("Account")
    assert {id: there["AccountId"] for id, there in vendor.records().items()} == {id: row["Id"] for id, row in accounts.items()}
    assert account(1).state == State.SENT
    assert push(mode="full").counts.unchanged == 6


def test_a_contact_waits_for_its_account(vendor: Vendor, push: Pushing, settings: Settings) -> None:
    settings.SALESFORCE_ACCOUNTS = "customer"
    people(2)
    vendor.fault({"action": "row_error", "path": "composite/sobjects/Account", "key": "^1 ", "code": "UNKNOWN_ERROR"})
    report = push()
    assert (report.counts.created, report.counts.failed, report.counts.pending) == (2, 1, 1)
    assert contact(1).reason == "Waits until the customer's account is in Salesforce."
    vendor.fault()
    push(mode="full")
    assert contact(1).state == State.SENT and set(vendor.records()) == {1, 2}


def test_update_only_makes_nobody(vendor: Vendor, push: Pushing, settings: Settings) -> None:
    settings.SALESFORCE_UPDATE_ONLY = True
    vendor.human("create", sobject="Contact", LastName="Old", ServiceTitan_Customer_ID__c="2")
    people(3)
    report = push()
    assert (report.counts.updated, report.counts.skipped) == (1, 2)
    assert set(vendor.records()) == {2} and vendor.records()[2]["LastName"] == "Customer 2"
    assert "none is to be made" in contact(1).reason


def test_another_org_gets_everything_anew(vendor: Vendor, push: Pushing, settings: Settings) -> None:
    people(2)
    push()
    other = create_app(Org(seed=6, credentials=Credentials(org_id="00D000000000OTHEAA")), Switches().changed(QUIET))
    with running(other) as address:
        settings.SALESFORCE_LOGIN_URL = settings.SALESFORCE_INSTANCE_URL = address
        assert push().counts.created == 2
        assert set(Vendor(other, address).records()) == {1, 2}
    assert contact(1).sf_id == other.org.tables["Contact"].by(KEY, "1")[0]["Id"]


def test_a_dry_run_changes_nothing(vendor: Vendor, push: Pushing) -> None:
    people(2)
    report = push(dry_run=True)
    assert (report.state, report.counts.created) == ("dry run", 2)
    assert report.would[0]["customer"] == 1 and "Email" in report.would[0]["fields"]
    assert not vendor.records() and not SyncRun.objects.exists()
    assert push().counts.created == 2


def test_without_the_key_field_nothing_is_sent(vendor: Vendor, push: Pushing) -> None:
    vendor.human("hide_field", sobject="Contact", name="ServiceTitan_Customer_ID__c")
    people(1)
    report = push()
    assert report.state == "failed" and "salesforce_check" in report.error
    assert vendor.writes() == 0


def test_the_log_tells_what_was_sent_and_shows_nobody(vendor: Vendor, push: Pushing) -> None:
    load("contacts", email(1, 1))
    load("customers", customer(1, "Ann Lee"))
    push()
    (entry,) = logged(st_customer_id=1)
    assert (entry.act, entry.state, entry.api, entry.sf_id) == ("create", "success", "collections", vendor.records()[1]["Id"])
    assert entry.payload_hash == contact(1).sent_hash
    assert set(entry.request or {}) >= {"Email", "LastName"}
    assert "Ann" not in json.dumps(entry.request) and "example.com" not in json.dumps(entry.request)


def test_progress_is_told_to_redis(vendor: Vendor, push: Pushing) -> None:
    people(2)
    report = push()
    told = json.loads(shared_redis().get(PROGRESS))  # type: ignore[arg-type] # text, as the client decodes
    assert (told["run"], told["state"], told["kinds"]) == (report.run, "succeeded", {"contacts": {"done": 2, "total": 2}})
