"""Lists of big tables: few queries, whatever is in them, and no count without a limit."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.models import ApiCall, Contact, GhlDelivery, Opportunity, StageRule, SyncLog, SyncRun
from tests.integrations.ghl.admin.conftest import Ghl, url

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
LISTS = (SyncRun, Contact, Opportunity, SyncLog, GhlDelivery, ApiCall, StageRule)
PAGES = ("index", "integrations_contact_conflicts", "integrations_syncrun_parity")
BIG = ("ghl_contacts", "ghl_opportunities", "ghl_sync_log", "ghl_sync_runs", "ghl_api_calls", "ghl_task_deliveries")


def _addresses() -> list[str]:
    return [*(url(model, "changelist") for model in LISTS), *(reverse(f"admin:{name}") for name in PAGES)]


def _fill(ghl: Ghl, first: int, count: int) -> None:
    run = ghl.run()
    for id in range(first, first + count):
        sides = {"remote": {"city": "Mesa"}, "sent": {"city": "Tempe"}}
        ghl.contact(id, state="conflict", reason="GoHighLevel has it twice: a and b.", **sides)
        ghl.card(1000 + id, id, state="failed", reason="GoHighLevel refused it.")
        ghl.log(id, run=run)


def _asked(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return [query["sql"] for query in captured.captured_queries]


def test_a_page_asks_as_many_queries_for_many_rows_as_for_few(boss: Client, ghl: Ghl) -> None:
    ghl.account()
    _fill(ghl, 1, 2)
    for address in _addresses():
        boss.get(address)  # what is remembered for a moment
    few = {address: len(_asked(boss, address)) for address in _addresses()}
    _fill(ghl, 100, 20)
    many = {address: len(_asked(boss, address)) for address in _addresses()}
    assert many == few
    assert max(many.values()) <= 40


def test_nothing_big_is_counted_without_a_limit(boss: Client, ghl: Ghl) -> None:
    ghl.account()
    _fill(ghl, 1, 3)
    filters = {
        Contact: ("state=failed", "why=twice", "q=5"), Opportunity: ("state=failed", "why=no-rule", "q=77"),
        SyncLog: ("state=failed", "kind=contact", "why=twice", "run=1", "of=contact:1", "act=create", "q=5"),
        SyncRun: ("state=failed", "mode=full", "effect=trouble", "from=2026-01-01&to=2026-01-02"),
    }  # fmt: skip
    narrowed = [f"{url(model, 'changelist')}?{query}" for model, queries in filters.items() for query in queries]
    for address in (*_addresses(), *narrowed):
        found = [sql for sql in _asked(boss, address) if _counts_all(sql)]
        assert found == [], address


def _counts_all(sql: str) -> bool:
    return "COUNT(" in sql and "LIMIT" not in sql and any(re.search(rf"\b{table}\b", sql) for table in BIG)


def test_a_lookup_in_the_address_that_is_no_filter_is_refused(boss: Client, ghl: Ghl) -> None:
    assert boss.get(f"{url(Contact, 'changelist')}?name__icontains=x").status_code in (302, 400)
