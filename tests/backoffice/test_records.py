"""Pages of single records: names instead of ids, nothing crashes on what is missing, nothing of the vendor's runs."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.backoffice import panels
from config.backoffice.panels import Facts
from config.isolation.actor import acting_as
from servicetitan.models import (
    Appointment,
    Customer,
    CustomerContact,
    Delivery,
    Estimate,
    Invoice,
    Job,
    SyncLog,
    SyncReject,
)
from tests.backoffice.conftest import Family, Mirror

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def _page(client: Client, model: type[Any], pk: Any) -> str:
    answer = client.get(reverse(f"admin:servicetitan_{model._meta.model_name}_change", args=[pk]))
    assert answer.status_code == 200, (model, pk)
    return answer.content.decode()


def _link(model: type[Any], pk: Any) -> str:
    return f'href="{reverse(f"admin:servicetitan_{model._meta.model_name}_change", args=[pk])}"'


def test_a_customers_page_leads_to_everything_that_hangs_on_her(operator: Client, family: Family) -> None:
    content = _page(operator, Customer, 11)
    for record in (family.contact, family.job, family.appointment, family.estimate, family.invoice):
        assert _link(type(record), record.pk) in content
    assert "Do Not Call, 9" in content  # a tag by its name, one that is not mirrored by its number
    assert "Water Heater Repair" in content and "Plumbing" in content


def test_related_records_are_the_newest_few_and_a_link_to_all(operator: Client, family: Family, mirror: Mirror) -> None:
    for n in range(30):
        mirror.add(Job, 100 + n, job_number=f"J{n}", customer_id=11)
    content = _page(operator, Customer, 11)
    assert "All 31" in content and "J29" in content and ">J3<" not in content
    assert reverse("admin:servicetitan_job_changelist") + "?customer=11" in content


def test_lines_of_estimates_and_invoices(operator: Client, family: Family) -> None:
    estimate, invoice = _page(operator, Estimate, 51), _page(operator, Invoice, 61)
    assert "Diagnosis" in estimate and "99.50" in estimate
    assert "Faucet" in invoice and "429.00" in invoice and "1.0000" not in invoice.split("The record as")[0]


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (CustomerContact, {"customer_id": 404}),
        (Job, {"customer_id": 404, "business_unit_id": 405, "job_type_id": 406, "sold_by_id": 407, "recall_for_id": 408}),
        (Appointment, {"job_id": 404, "customer_id": 405}),
        (Estimate, {"job_id": 404, "customer_id": 405, "business_unit_id": 406, "sold_by_id": 407}),
        (Invoice, {"job_id": 404, "customer_id": 405, "business_unit_id": 406, "adjustment_to_id": 407}),
        (Customer, {"merged_to_id": 404}),
    ],
)
def test_a_parent_that_is_not_here_shows_as_its_number(
    operator: Client, mirror: Mirror, model: type[Any], values: dict[str, int]
) -> None:
    mirror.add(model, 7, **values)
    content = _page(operator, model, 7)
    for number in values.values():
        assert f"{number}</code>" in content
    assert content.count("not mirrored (yet)") == len(values)
    assert operator.get(reverse(f"admin:servicetitan_{model._meta.model_name}_changelist")).status_code == 200


def test_a_record_without_any_value_has_a_page(operator: Client, mirror: Mirror) -> None:
    for model in (Customer, CustomerContact, Job, Appointment, Estimate, Invoice):
        mirror.add(model, 7, raw={})
        assert "no value" in _page(operator, model, 7)


def test_nothing_of_the_vendors_html_runs(operator: Client, family: Family, mirror: Mirror) -> None:
    mirror.add(Customer, 12, name="<img src=x onerror=alert(1)>", raw={"name": "<script>alert(2)</script>"})
    mirror.change("customers", 12, "changed", {"name": "<b>old</b>"}, {"name": "<script>alert(3)</script>new"})
    reject = mirror.reject(payload='{"name": "<script>alert(4)</script>"}', reason="<script>alert(5)</script>")
    pages = [_page(operator, Job, 31), _page(operator, Customer, 12), _page(operator, SyncReject, reject.pk)]
    lists = [operator.get(reverse(f"admin:servicetitan_{n}_changelist")).content.decode() for n in ("customer", "syncreject")]
    for content in (*pages, *lists):
        assert "<script>alert" not in content and "<img src=x" not in content and "onerror=alert(1)>" not in content
    assert "Dogs &amp; cats\nGate code" in pages[0]
    assert "boo" not in pages[0].split("The record as")[0]


def test_what_servicetitan_no_longer_has_says_so(operator: Client, mirror: Mirror) -> None:
    now = timezone.now()
    mirror.add(Customer, 1, deleted_at=now - timedelta(days=2), missing_since=now - timedelta(days=2))
    mirror.add(Customer, 2, missing_since=now)
    assert "no longer has this record: found out 2 days ago" in _page(operator, Customer, 1)
    assert "It may be gone" in _page(operator, Customer, 2)


def test_history_reads_no_more_than_the_records_own_changes(operator: Client, mirror: Mirror) -> None:
    mirror.add(Customer, 11, name="New")
    mirror.change("customers", 11, "inserted")
    mirror.change("customers", 11, "changed", {"name": "Old"}, {"name": "New"})
    mirror.change("jobs", 11, "deleted")
    with CaptureQueriesContext(connection) as captured:
        content = _page(operator, Customer, 11)
    history = content.split('id="panel-history"')[1].split("</section>")[0]
    assert "<del>Old</del>" in history and "deleted" not in history and "inserted" not in history
    (statement,) = [q["sql"] for q in captured.captured_queries if "st_changes" in q["sql"]]
    assert "NOT (" in statement and "'inserted'" in statement  # as the index on a record's history is made


def test_a_number_that_is_not_here_leads_back_to_the_list(operator: Client, db: None) -> None:
    for pk in ("404", "nonsense", "99999999999999999999999"):
        answer = operator.get(reverse("admin:servicetitan_customer_change", args=[pk]), follow=True)
        assert answer.redirect_chain[0][0] == reverse("admin:servicetitan_customer_changelist")
        assert b"There is no customer" in answer.content


def test_a_runs_page_adds_up_and_shows_what_it_changed(operator: Client, mirror: Mirror) -> None:
    mirror.change("customers", 5, "changed", {"name": "A"}, {"name": "Not of this run"})
    first = mirror.change("customers", 11, "changed", {"name": "Old"}, {"name": "New"})
    other = mirror.change("jobs", 12, "changed", {"name": "Other"}, {"name": "Of another feed"})
    run = mirror.run(fetched=10, inserted=1, updated=2, unchanged=6, rejected=1, first_txid=first, last_txid=other)
    content = _page(operator, SyncLog, run.pk)
    assert "1 + 2 + 6 + 1 = 10" in content
    assert "<ins>New</ins>" in content
    assert "Not of this run" not in content and "Of another feed" not in content


def test_numbers_that_do_not_add_up_do_not_claim_to(operator: Client, mirror: Mirror) -> None:
    run = mirror.run(mode="reconcile", fetched=10, deleted=2, suspected=3)
    content = _page(operator, SyncLog, run.pk)
    assert "Adds up" not in content and "Not in the list" in content


def test_a_failed_run_shows_the_error_plainly_and_the_traceback_folded(operator: Client, mirror: Mirror) -> None:
    run = mirror.run(state="failed", error="ServiceTitan did not answer.", detail="Traceback: <boom>")
    content = _page(operator, SyncLog, run.pk)
    assert "ServiceTitan did not answer." in content
    assert "<details>" in content.split('id="panel-traceback"')[1].split("</section>")[0]
    assert "<boom>" not in content


def test_a_run_that_died_is_not_called_running(operator: Client, mirror: Mirror) -> None:
    alive = mirror.run(state="running", worker="machine:1:alive", finished_at=None)
    dead = mirror.run(state="running", worker="machine:2:dead", finished_at=None)
    mirror.cursor(holder="machine:1:alive", lease_until=timezone.now() + timedelta(seconds=20))
    assert "no sign of life" not in _page(operator, SyncLog, alive.pk)
    assert "no sign of life" in _page(operator, SyncLog, dead.pk)
    listed = operator.get(reverse("admin:servicetitan_synclog_changelist")).content.decode()
    assert listed.count("no sign of life") == 1


def test_failed_tasks_stand_above_the_others(operator: Client, db: None) -> None:
    with acting_as("servicetitan"):
        for n in range(3):
            Delivery.objects.create(
                id=f"00000000-0000-0000-0000-00000000000{n}", task=f"servicetitan.t{n}", started_at=timezone.now(),
                state="failed" if n == 0 else "done", error="KeyError: 'x'" if n == 0 else "",
            )  # fmt: skip
    content = operator.get(reverse("admin:servicetitan_delivery_changelist")).content.decode()
    failures, everything = content.split('id="result_list"')
    assert "servicetitan.t0" in failures and "servicetitan.t1" not in failures
    assert "servicetitan.t1" in everything
    assert "KeyError" in _page(operator, Delivery, "00000000-0000-0000-0000-000000000000")


def test_who_may_see_only_customers_sees_no_jobs_on_their_pages(client: Client, family: Family) -> None:
    user = User.objects.create_user("carl", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_customer"))
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    content = _page(client, Customer, 11)
    assert "Renée Taylor" in content and "J31" not in content and "INV-61" not in content


def test_another_unit_adds_its_panels(operator: Client, family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(request: HttpRequest, customer: Customer) -> list[Facts]:
        return [Facts(title="Elsewhere", rows=[("Contact", f"c-{customer.pk}")])]

    monkeypatch.setattr(panels._registry, "makers", {})
    panels.register(Customer, make)
    assert "c-11" in _page(operator, Customer, 11)
    assert "Elsewhere" not in _page(operator, Job, 31)
