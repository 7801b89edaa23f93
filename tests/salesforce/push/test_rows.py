"""Records that Salesforce does not take at once: what is mended, what waits, what is a person's to look at."""

import pytest
from pytest_django.fixtures import Settings

from salesforce.models import FieldMapping, Pushed
from salesforce.push import decisions
from salesforce.sandbox.org.org import Rule
from tests.mirror import customer, email, load, people
from tests.salesforce.emulated import Pushing, Vendor, contact, due_now, logged

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
State = Pushed.State
MANY = "composite/sobjects/Contact"


def test_locked_rows_alone_are_sent_again(vendor: Vendor, push: Pushing) -> None:
    people(4)
    vendor.fault({"action": "row_error", "path": MANY, "key": "^[12] ", "code": "UNABLE_TO_LOCK_ROW"})
    report = push()
    assert (report.counts.created, report.counts.failed) == (4, 0)
    assert vendor.calls("/composite/sobjects") == 2 and vendor.writes() == 4


def test_a_row_that_stays_locked_waits(vendor: Vendor, push: Pushing) -> None:
    people(2)
    vendor.fault({"action": "row_error", "path": MANY, "key": "^1 ", "code": "UNABLE_TO_LOCK_ROW", "times": 0})
    report = push()
    assert (report.counts.created, report.counts.pending) == (1, 1)
    row = contact(1)
    assert (row.state, row.code, row.attempts) == (State.PENDING, "UNABLE_TO_LOCK_ROW", 1) and row.due_at is not None
    vendor.fault()
    assert push().state == "idle", "it has a pause"
    due_now()
    assert push().counts.created == 1 and contact(1).attempts == 0


def test_an_address_that_salesforce_refuses_is_left_out_with_a_note(vendor: Vendor, push: Pushing) -> None:
    load("contacts", email(1, 1, "ann@example.c"), email(2, 2))
    load("customers", customer(1), customer(2))
    report = push()
    assert (report.counts.created, report.counts.failed) == (2, 0)
    assert "Email" not in vendor.records()[1] and "Email" in vendor.records()[2]
    assert "Email was left out" in contact(1).notes[0] and contact(1).state == State.SENT
    assert push(mode="full").counts.unchanged == 2, "it is not tried again as long as nothing changes"


def test_values_that_no_list_allows_are_left_out(vendor: Vendor, push: Pushing) -> None:
    vendor.switch(restricted_picklists=("Contact.LeadSource",))
    FieldMapping.objects.create(sobject="Contact", source="customer.type", target="LeadSource")
    FieldMapping.objects.create(sobject="Contact", source="last_name", target="LastName")
    people(1)
    assert push().counts.created == 1
    assert "LeadSource" not in vendor.records()[1]
    assert "list of values" in contact(1).notes[0]


def test_a_rule_of_the_org_is_shown_in_its_own_words(vendor: Vendor, push: Pushing) -> None:
    vendor.app.org.rules = (Rule("Contact", "LastName", "Rude", "We do not serve rude people."),)
    load("customers", customer(1, "Ann Rude"), customer(2, "Ann Kind"))
    report = push()
    assert (report.state, report.counts.created, report.counts.failed) == ("partial", 1, 1)
    row = contact(1)
    assert row.state == State.FAILED and "We do not serve rude people." in row.reason
    assert row.code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    (entry,) = logged(st_customer_id=1)
    assert (entry.state, entry.attempts) == ("failed", 1) and entry.next_try_at is not None


def test_somebody_whom_a_duplicate_rule_knows_is_a_conflict(vendor: Vendor, push: Pushing) -> None:
    vendor.switch(duplicate_rule="block", duplicate_fields=("Email",))
    other = vendor.human("create", sobject="Contact", LastName="Lee", Email="c1@example.com")
    people(2)
    report = push()
    assert (report.counts.created, report.counts.conflicts) == (1, 1)
    row = contact(1)
    assert row.state == State.CONFLICT and other["Id"][:15] in row.reason and row.due_at is None
    assert push().state == "idle", "a person must look"


def test_a_rule_that_only_warns_is_passed_over_where_that_is_wanted(
    vendor: Vendor, push: Pushing, settings: Settings
) -> None:
    settings.SALESFORCE_SAVE_DUPLICATES = True
    vendor.switch(duplicate_rule="alert", duplicate_fields=("Email",))
    vendor.human("create", sobject="Contact", LastName="Lee", Email="c1@example.com")
    people(1)
    assert push().counts.created == 1


def test_two_records_with_one_number_are_a_conflict(vendor: Vendor, push: Pushing) -> None:
    for name in ("One", "Two"):
        vendor.human("create", sobject="Contact", LastName=name, ServiceTitan_Customer_ID__c="1")
    people(1)
    assert push().counts.conflicts == 1
    assert contact(1).code == "DUPLICATE_EXTERNAL_ID"


def test_a_full_org_stops_the_run(vendor: Vendor, push: Pushing) -> None:
    vendor.switch(storage_records=1)
    people(3)
    report = push()
    assert report.state == "failed" and "data storage is full" in report.error
    vendor.switch()
    assert push().state == "succeeded" and set(vendor.records()) == {1, 2, 3}


def test_one_record_that_spoils_a_whole_call_is_found(vendor: Vendor, push: Pushing) -> None:
    """What Salesforce cannot read as the field's type, which somebody changed a moment ago, refuses all of a call."""
    vendor.human("add_field", sobject="Contact", name="Exempt__c", type="Text", label="Exempt", length=40)
    FieldMapping.objects.create(sobject="Contact", source="customer.tax_exempt", target="Exempt__c")
    FieldMapping.objects.create(sobject="Contact", source="last_name", target="LastName")
    people(1)
    push()
    vendor.human("remove_field", sobject="Contact", name="Exempt__c")
    vendor.human("add_field", sobject="Contact", name="Exempt__c", type="Number", label="Exempt")
    people(40, first=2)
    load("customers", customer(17, taxExempt=True))
    report = push()
    assert (report.state, report.counts.created, report.counts.failed) == ("partial", 39, 1)
    assert contact(17).state == State.FAILED and "JSON_PARSER_ERROR" in contact(17).reason


def test_where_every_record_is_refused_they_are_not_tried_one_by_one(vendor: Vendor, push: Pushing) -> None:
    people(200)
    vendor.fault({"action": "status", "path": MANY, "status": 400, "times": 0, "content_type": "application/json",
                  "body": '[{"errorCode": "JSON_PARSER_ERROR", "message": "no"}]'})  # fmt: skip
    report = push()
    assert report.counts.failed <= 6 and report.counts.failed + report.counts.pending == 200
    assert vendor.calls("/composite/sobjects") < 30


def test_fewer_results_than_records_are_nobodys(vendor: Vendor, push: Pushing) -> None:
    people(3)
    vendor.fault({"action": "fewer", "path": MANY})
    report = push()
    assert (report.counts.pending, report.counts.created) == (3, 0)
    due_now()
    push()
    assert set(vendor.records()) == {1, 2, 3} and contact(3).state == State.SENT


@pytest.mark.parametrize("fault", ["half", "drop", "html", "truncate"])
def test_a_call_whose_answer_is_lost_is_made_again(vendor: Vendor, push: Pushing, fault: str) -> None:
    people(6)
    vendor.fault({"action": fault, "path": MANY})
    report = push()
    assert report.error == "" and set(vendor.records()) == set(range(1, 7))
    assert contact(6).sf_id == vendor.records()[6]["Id"]


def test_a_mapping_that_does_not_fit_is_said_and_the_rest_is_sent(vendor: Vendor, push: Pushing) -> None:
    push()
    FieldMapping.objects.create(sobject="Contact", source="segment", target="Nowhere__c")
    people(1)
    report = push()
    assert report.counts.created == 1 and "no field Nowhere__c" in report.problems[0]


def test_failed_ones_are_sent_again_when_somebody_asks(vendor: Vendor, push: Pushing) -> None:
    vendor.app.org.rules = (Rule("Contact", "LastName", "Rude", "No."),)
    load("customers", customer(1, "Ann Rude"))
    push()
    vendor.app.org.rules = ()
    assert decisions.look_again("Contact", State.FAILED) == 1
    assert push().counts.created == 1
