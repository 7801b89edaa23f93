"""Bulk jobs: their tables, their results, and every place where a run may die."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from salesforce.client import Client
from salesforce.models import BulkJob, FieldMapping, Pushed
from salesforce.oauth import tokens as oauth_tokens
from salesforce.push import tables
from salesforce.push.bulk import Bulk
from tests.mirror import customer, email, load, people, phone
from tests.salesforce.emulated import Pushing, Vendor, account, contact, due_now, logged

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
State = Pushed.State


@pytest.fixture(autouse=True)
def bulk_from_five(vendor: Vendor, settings: Settings) -> None:
    settings.SALESFORCE_BULK_FROM = 5


def test_many_go_as_one_job(vendor: Vendor, push: Pushing) -> None:
    people(450)
    report = push()
    assert (report.state, report.counts.created, report.counts.failed) == ("succeeded", 450, 0)
    assert set(vendor.records()) == set(range(1, 451)) and vendor.writes() == 450
    assert vendor.calls("/composite/sobjects") == 0
    job = BulkJob.objects.get()
    assert (job.state, job.records, job.succeeded, job.failed) == ("done", 450, 450, 0)
    assert contact(7).sf_id == vendor.records()[7]["Id"] and contact(7).job_id is None
    assert logged(st_customer_id=7)[0].job_id == job.pk
    assert push().state == "idle"


def test_a_job_holds_so_many_and_the_rest_is_the_next_ones(vendor: Vendor, push: Pushing, settings: Settings) -> None:
    settings.SALESFORCE_BULK_ROWS = 200
    people(450)
    assert push().counts.created == 450
    assert sorted(BulkJob.objects.values_list("records", flat=True)) == [50, 200, 200]


def test_failed_rows_are_joined_by_their_key(vendor: Vendor, push: Pushing) -> None:
    people(20)
    vendor.fault({"action": "row_error", "path": "jobs/ingest/", "method": "PATCH", "key": "^1[0-9] ",
                  "code": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Not him."})  # fmt: skip
    report = push()
    assert (report.counts.created, report.counts.failed) == (10, 10)
    assert "Not him." in contact(12).reason and contact(12).state == State.FAILED
    assert contact(2).state == State.SENT


def test_what_a_job_leaves_is_sent_the_usual_way(vendor: Vendor, push: Pushing) -> None:
    people(12)
    vendor.fault({"action": "job_fails", "path": "jobs/ingest/", "method": "PATCH", "rows": 0.5, "message": "too often"})
    push()
    job = BulkJob.objects.get()
    assert job.state == "failed" and job.unprocessed > 0 and job.succeeded + job.unprocessed == 12
    while push().state != "idle":
        due_now()
    assert set(vendor.records()) == set(range(1, 13)) and vendor.writes() == 12


def test_emptied_and_absent_values_in_a_table(vendor: Vendor, push: Pushing) -> None:
    load("contacts", *(email(10 * id, id) for id in range(1, 8)), *(phone(10 * id + 1, id) for id in range(1, 8)))
    load("customers", *(customer(id) for id in range(1, 8)))
    push()
    FieldMapping.objects.filter(target="Phone").update(when_empty="clear")
    load("contacts", *(email(10 * id, id, active=False) for id in range(1, 8)))
    load("contacts", *(phone(10 * id + 1, id, active=False) for id in range(1, 8)))
    assert push().counts.updated == 7
    there = vendor.records()[3]
    assert there["Email"] == "c3@example.com" and "Phone" not in there


def test_accounts_come_before_their_contacts(vendor: Vendor, push: Pushing, settings: Settings) -> None:
    settings.SALESFORCE_ACCOUNTS = "customer"
    people(10)
    assert push().counts.created == 20
    assert {row["AccountId"] for row in vendor.records().values()} == {row["Id"] for row in vendor.records("Account").values()}
    assert account(3).state == State.SENT


class Killed(BaseException):
    """The process ends here."""


STEPS = ["make_job", "upload", "change_job", "job", "job_results"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_dies_at_any_step_is_followed_by_one_that_goes_on(
    vendor: Vendor, push: Pushing, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    people(30)
    real = getattr(Client, step)

    def dies(self: Client, *args: Any, **options: Any) -> Any:
        if when == "after":
            real(self, *args, **options)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Client, step, dies)
        with pytest.raises(Killed):
            push()
    while push().state != "idle":
        due_now()
    assert set(vendor.records()) == set(range(1, 31)) and vendor.writes() == 30
    assert not BulkJob.objects.exclude(state__in=("done", "failed")).exists()
    assert contact(30).state == State.SENT


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["_planned", "_note", "_store"])
def test_a_run_that_dies_between_steps(
    vendor: Vendor, push: Pushing, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    people(30)
    real = getattr(Bulk, step)

    def dies(self: Bulk, *args: Any, **options: Any) -> Any:
        if when == "after":
            real(self, *args, **options)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Bulk, step, dies)
        with pytest.raises(Killed):
            push()
    while push().state != "idle":
        due_now()
    assert set(vendor.records()) == set(range(1, 31)) and vendor.writes() == 30


def test_a_job_that_takes_long_is_left_to_later_runs(vendor: Vendor, push: Pushing) -> None:
    vendor.switch(bulk_polls=4)
    people(10)
    push(limit_s=0.6)
    job = BulkJob.objects.get()
    assert job.state == "closed" and contact(1).job_id == job.pk
    load("customers", customer(1, "Ann Changed"))
    for _ in range(8):
        push(limit_s=0.3)
    assert BulkJob.objects.get(pk=job.pk).state == "done"
    push()
    assert vendor.records()[1]["LastName"] == "Changed", "what changed meanwhile is sent afterwards"


def test_a_dead_session_in_the_middle_of_a_job_is_renewed(
    vendor: Vendor, push: Pushing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth_tokens, "YOUNG_S", 0)
    vendor.switch(session_dies_after_calls=3, bulk_session_error="bulk")
    people(10)
    assert push().counts.created == 10


def test_tables_hold_commas_quotes_and_lines() -> None:
    values = {"LastName": 'O"Neil, Jr', "MailingStreet": "1 Elm\r\nSuite 2", "Phone": None, "DoNotCall": True}
    content, included = tables.written("Key", ["LastName", "MailingStreet", "Phone", "DoNotCall", "Email"], [(7, values)])
    assert included == [7]
    (row,) = tables.read(content.decode())
    assert row == {"Key": "7", "LastName": 'O"Neil, Jr', "MailingStreet": "1 Elm\nSuite 2", "Phone": "#N/A", "DoNotCall": "true",
                   "Email": ""}  # fmt: skip
