"""Lists of big tables: what they ask the database, what they find, and what they survive."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from config.backoffice import filters, pager
from servicetitan.models import Appointment, Change, Customer, CustomerContact, Estimate, Invoice, Job, SyncLog
from tests.backoffice.conftest import Family, Mirror

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
BIG = (
    "st_customers", "st_customer_contacts", "st_jobs", "st_appts", "st_estimates", "st_invoices", "st_changes", "st_sync_log",
    "st_api_calls", "workflow_runs", "workflow_trace", "workflow_events",
)  # fmt: skip


def _list(model: type[Any], **filters: Any) -> str:
    url = reverse(f"admin:servicetitan_{model._meta.model_name}_changelist")
    return url + "?" + "&".join(f"{name}={value}" for name, value in filters.items())


def _page(model: type[Any], pk: Any) -> str:
    return reverse(f"admin:servicetitan_{model._meta.model_name}_change", args=[pk])


def _asked(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(url)
    assert answer.status_code == 200, url
    return [query["sql"] for query in captured.captured_queries]


def _unbounded_counts(statements: list[str]) -> list[str]:
    """COUNTs over a big table that do not stop after so many rows."""
    return [
        s for s in statements
        if re.search(r"COUNT\(", s, re.IGNORECASE) and any(table in s for table in BIG) and "LIMIT" not in s
    ]  # fmt: skip


def test_no_page_counts_a_big_table(boss: Client, family: Family, mirror: Mirror) -> None:
    run = mirror.run()
    mirror.cursor()
    urls = [reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist") for m in admin.site._registry]
    urls += [reverse("admin:index"), _page(Customer, 11), _page(Job, 31), _page(SyncLog, run.pk)]
    for url in urls:
        assert _unbounded_counts(_asked(boss, url)) == [], url


def test_a_list_takes_the_same_number_of_queries_for_many_rows(boss: Client, family: Family, mirror: Mirror) -> None:
    models = (Customer, CustomerContact, Job, Appointment, Estimate, Invoice)
    boss.get(reverse("admin:index"))  # what is remembered for a while is remembered now
    before = [len(_asked(boss, _list(model))) for model in models]
    for n in range(20):
        mirror.add(Customer, 100 + n, name=f"Person {n}", merged_to_id=3)
        mirror.add(CustomerContact, 100 + n, customer_id=100 + n, value=f"p{n}@example.com")
        mirror.add(Job, 100 + n, customer_id=100 + n, business_unit_id=1204, job_type_id=5301)
        mirror.add(Appointment, 100 + n, job_id=100 + n)
        mirror.add(Estimate, 100 + n, job_id=100 + n, customer_id=100 + n)
        mirror.add(Invoice, 100 + n, job_id=100 + n, customer_id=100 + n)
    assert [len(_asked(boss, _list(model))) for model in models] == before


def test_lists_leave_the_raw_records_where_they_are(boss: Client, family: Family) -> None:
    for model in (Customer, Job, Invoice):
        assert not [s for s in _asked(boss, _list(model)) if '"raw"' in s], model


def test_the_pager_goes_on_as_long_as_there_are_rows(boss: Client, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(120):
        mirror.add(Customer, 1000 + n, name=f"Person {n}")
    first, last = boss.get(_list(Customer)).content, boss.get(_list(Customer, p=3)).content
    assert b'rel="next"' in first and b'rel="prev"' not in first
    assert b'rel="next"' not in last and b'rel="prev"' in last
    assert last.count(b'class="data-row') == 20
    assert b"Person 119" in first and b"Person 0<" in last
    monkeypatch.setattr(pager, "FURTHEST_PAGE", 2)
    assert b"narrow it with a filter" in boss.get(_list(Customer, p=2)).content
    assert boss.get(_list(Customer, p=3)).status_code == 302


@pytest.mark.parametrize(
    ("model", "term", "found"),
    [
        (Customer, "11", True), (Customer, "ren%C3%A9e t", True), (Customer, "Taylor", False),
        (Customer, "602-555-0140", True), (Customer, "6025550141", False),
        (CustomerContact, "%2B16025550140", True), (CustomerContact, "21", True),
        (Job, "J31", True), (Job, "31", True), (Job, "J3", False),
        (Appointment, "J31", True), (Estimate, "J31", True), (Estimate, "51", True),
        (Invoice, "INV-61", True), (Invoice, "J31", True), (Invoice, "61", True), (Invoice, "INV", False),
    ],
)  # fmt: skip
def test_search_finds_what_people_have_in_hand(boss: Client, family: Family, model: Any, term: str, found: bool) -> None:
    content = boss.get(_list(model, q=term)).content
    assert (b'class="data-row' in content) is found
    assert (b"Nothing matches" in content) is not found


def test_the_palette_finds_customers_jobs_and_invoices_of_those_who_may(
    boss: Client, stranger: Client, family: Family
) -> None:
    url = reverse("admin:search") + "?extended=1&s="
    assert "Renée Taylor".encode() in boss.get(url + "6025550140").content
    assert b"job J31" in boss.get(url + "J31").content
    assert b"invoice INV-61" in boss.get(url + "INV-61").content
    assert b"job J31" not in stranger.get(url + "J31").content


def test_a_lookup_typed_into_the_address_is_refused(boss: Client, family: Family) -> None:
    assert boss.get(_list(Job, summary__icontains="dog")).status_code == 400
    assert boss.get(_list(Customer, contacts__value__contains="6")).status_code == 400


def test_an_order_typed_into_the_address_is_ignored(boss: Client, family: Family) -> None:
    job = [s for s in _asked(boss, _list(Job, o="5.-3")) if 'FROM "servicetitan"."st_jobs"' in s]
    assert job[0].split("ORDER BY")[1].strip().startswith('"servicetitan"."st_jobs"."id" DESC')


def test_a_filter_without_an_index_looks_at_the_newest_rows(
    boss: Client, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(12):
        mirror.add(Job, 100 + n, job_number=f"J{n}", job_status="Hold")
    monkeypatch.setattr(filters.ChoiceFilter, "rows", 5)
    for spec in admin.site._registry[Job].list_filter:
        monkeypatch.setattr(spec, "rows", 5, raising=False)
    content = boss.get(_list(Job, job_status="Hold")).content
    assert content.count(b'class="data-row') == 6
    assert b"Looks at the newest 5 rows" in content


def test_a_filter_takes_only_what_it_offers(boss: Client, family: Family) -> None:
    assert b'class="data-row' in boss.get(_list(Job, job_status="'; DROP")).content
    assert b'class="data-row' not in boss.get(_list(Job, job_status="Hold")).content
    assert b'class="data-row' in boss.get(_list(Job, business_unit="1204")).content


def test_links_between_records_lead_to_narrowed_lists(boss: Client, family: Family, mirror: Mirror) -> None:
    mirror.add(Job, 32, job_number="J32", customer_id=12)
    content = boss.get(_list(Job, customer=11)).content.decode()
    assert "J31" in content and "J32" not in content
    assert "Customer: <strong>Renée Taylor</strong>" in re.sub(r"\s+", " ", content)
    for model in (Appointment, Estimate, Invoice):
        assert boss.get(_list(model, customer=11)).content.count(b'class="data-row') == 1
        assert boss.get(_list(model, customer="x")).content.count(b'class="data-row') == 0


def test_days_are_the_companys(boss: Client, mirror: Mirror, settings: Settings) -> None:
    mirror.add(Appointment, 1, appointment_number="late", start="2026-03-02T06:59:00Z")  # 11:59 PM on March 1
    mirror.add(Appointment, 2, appointment_number="early", start="2026-03-02T07:00:00Z")  # midnight
    content = boss.get(_list(Appointment, **{"from": "2026-03-01", "to": "2026-03-01"})).content
    assert b"late" in content and b"early" not in content


def test_changes_are_listed_newest_first_and_by_feed_kind_and_record(boss: Client, mirror: Mirror) -> None:
    mirror.change("jobs", 31, "inserted")
    mirror.change("customers", 11, "changed", {"name": "Old"}, {"name": "<b>New</b>"})
    mirror.change("jobs", 31, "deleted")
    everything = boss.get(_list(Change)).content.decode()
    assert everything.index("deleted") < everything.index("&lt;b&gt;" if "&lt;b&gt;" in everything else "New")
    assert "<b>New" not in everything
    assert boss.get(_list(Change, entity="jobs")).content.count(b'class="data-row') == 2
    assert boss.get(_list(Change, kind="deleted")).content.count(b'class="data-row') == 1
    assert boss.get(_list(Change, record="customers:11")).content.count(b'class="data-row') == 1
    assert boss.get(_list(Change, record="nonsense")).content.count(b'class="data-row') == 0
