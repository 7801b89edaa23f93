"""Every call leaves a record, and making it disturbs nothing."""

import threading
import time
from datetime import timedelta

import pytest
import requests
from django.db import connections, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress import calls
from config.isolation.egress.paths import template
from config.isolation.egress.session import EgressRefused, UnitSession
from config.isolation.manifest import BY_NAME
from servicetitan.models import ApiCall
from servicetitan.sync import upkeep
from servicetitan.tasks import retry_rejects
from tests.isolation.egress.conftest import Vendor, misbehaving

recording = pytest.mark.django_db(transaction=True, databases="__all__")


def get(url: str, path: str = "/crm/v2/tenant/123456/customers/77?token=sesame") -> requests.Response:
    return UnitSession(BY_NAME["servicetitan"]).get(f"{url}{path}", timeout=0.5)


def kept() -> list[ApiCall]:
    calls.flush()
    return list(ApiCall.objects.order_by("id"))


@recording
def test_a_call_is_kept_with_what_it_cost_and_without_what_it_was_about(vendor: Vendor) -> None:
    vendor.answers = [("200 OK", [], b"x" * 1000)]
    before = timezone.now()
    get(vendor.url)
    UnitSession(BY_NAME["servicetitan"]).post(f"{vendor.url}/connect/token", data={"client_secret": "sesame"}, timeout=5)
    read, token = kept()
    assert (read.api, read.method, read.path) == ("SERVICETITAN_API_URL", "GET", "/crm/v2/tenant/{id}/customers/{id}")
    assert (read.status, read.error, read.bytes, read.attempt) == (200, "", 1000, 1)
    assert before <= read.at <= timezone.now()
    assert 0 <= read.milliseconds < 5000
    assert (token.api, token.method, token.path) == ("SERVICETITAN_AUTH_URL", "POST", "/connect/token")
    with connections["servicetitan"].cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM servicetitan.st_api_calls c")
        assert "sesame" not in str(cursor.fetchall())


@recording
def test_what_the_vendor_refuses_is_kept_too(vendor: Vendor) -> None:
    vendor.answers = [("404 None", [], b"")]
    get(vendor.url)
    assert [(row.status, row.error) for row in kept()] == [(404, "")]


@recording
def test_a_refused_call_is_kept(vendor: Vendor) -> None:
    with pytest.raises(EgressRefused):
        UnitSession(BY_NAME["servicetitan"]).delete(f"{vendor.url}/crm/v2/tenant/1/customers/77", timeout=5)
    (row,) = kept()
    assert (row.status, row.error, row.method, row.api) == (None, "refused", "DELETE", "")


@recording
def test_calls_without_an_answer_say_why(vendor: Vendor, settings: Settings) -> None:
    settings.SERVICETITAN_API_URL = "http://127.0.0.1:9"
    with pytest.raises(requests.ConnectionError):
        get("http://127.0.0.1:9")
    for behave in (lambda connection: time.sleep(1), lambda connection: connection.close()):
        with misbehaving(behave) as url:
            settings.SERVICETITAN_API_URL = url
            with pytest.raises(requests.RequestException):
                get(url)
    assert [(row.status, row.error) for row in kept()] == [(None, "connect"), (None, "timeout"), (None, "broken")]


@recording
def test_the_number_of_the_try_is_kept(vendor: Vendor) -> None:
    with calls.numbered(3):
        get(vendor.url)
    get(vendor.url)
    assert [row.attempt for row in kept()] == [3, 1]


@recording
def test_it_is_written_within_seconds_without_being_asked(vendor: Vendor) -> None:
    get(vendor.url)
    deadline = time.monotonic() + 5
    while not ApiCall.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ApiCall.objects.count() == 1


@recording
def test_a_call_in_a_transaction_that_fails_is_kept_and_not_part_of_it(vendor: Vendor) -> None:
    with transaction.atomic(using="servicetitan"):
        get(vendor.url)
        calls.flush()
        transaction.set_rollback(True, using="servicetitan")
    assert len(kept()) == 1


@recording
def test_many_calls_of_many_threads_are_all_kept(vendor: Vendor) -> None:
    def many() -> None:
        with acting_as("servicetitan"):
            session = UnitSession(BY_NAME["servicetitan"])
            for _ in range(100):
                session.get(f"{vendor.url}/crm/v2/x", timeout=5)
            session.close()

    threads = [threading.Thread(target=many) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept()) == 600


def test_a_database_that_is_away_disturbs_no_call(vendor: Vendor) -> None:
    """Without the marker, the suite lets nobody near the database."""
    assert get(vendor.url).status_code == 200
    began = time.monotonic()
    calls.flush()
    assert time.monotonic() - began < calls.FLUSH_PATIENCE_S


@recording
def test_the_thread_gives_its_connection_back(vendor: Vendor) -> None:
    get(vendor.url)
    calls.forget()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("calls of")]


@recording
def test_a_task_writes_its_calls_before_its_process_may_end(monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[bool] = []
    monkeypatch.setattr(calls, "flush", lambda: flushed.append(True))

    retry_rejects.apply(kwargs={"ids": []})
    assert flushed == [True]


@recording
def test_old_calls_are_pruned(settings: Settings) -> None:
    settings.HUB_CALLS_DAYS = 3
    usual = {"api": "SERVICETITAN_API_URL", "method": "GET", "milliseconds": 1, "bytes": 0, "attempt": 1}
    with acting_as("servicetitan"):
        for days in (9, 4, 2, 0):
            ApiCall.objects.create(at=timezone.now() - timedelta(days=days), path=f"/{days}", **usual)
        upkeep.run()
    assert sorted(ApiCall.objects.values_list("path", flat=True)) == ["/0", "/2"]


TEMPLATES = {
    "/crm/v2/tenant/1234567890/customers/42/contacts": "/crm/v2/tenant/{id}/customers/{id}/contacts",
    "/jpm/v2/tenant/1/export/appointments": "/jpm/v2/tenant/{id}/export/appointments",
    "/settings/v2/tenant/1/business-units": "/settings/v2/tenant/{id}/business-units",
    "/connect/token?client_secret=sesame": "/connect/token",
    "/contacts/ocQHyuzHvysMo5N5VsXc/tags": "/contacts/{id}/tags",
    "/contacts/ve9EPM428h8vShlRW1KT": "/contacts/{id}",
    "/contacts/550e8400-e29b-41d4-a716-446655440000": "/contacts/{id}",
    "/contacts/lookup/renee.taylor@example.com": "/contacts/lookup/{id}",
    "/contacts/lookup/renee%40example.com": "/contacts/lookup/{id}",
    "/contacts/lookup/+16025550140": "/contacts/lookup/{id}",
    "/contacts/lookup/602-555-0140": "/contacts/lookup/{id}",
    "/services/data/v59.0/sobjects/Account/001D000000IRFmaIAH": "/services/data/v59.0/sobjects/Account/{id}",
    "/services/data/v59.0/sobjects/Contact/ServiceTitan_Customer_ID__c/77":
        "/services/data/v59.0/sobjects/Contact/ServiceTitan_Customer_ID__c/{id}",
    "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json": "/2010-04-01/Accounts/{id}/Messages.json",
    "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef.json": "/2010-04-01/Accounts/{id}",
    "/customer-interactions/technicianRatingOverTime": "/customer-interactions/technicianRatingOverTime",
    "/people/Renée Taylor": "/people/{id}",
}  # fmt: skip


@pytest.mark.parametrize("path", TEMPLATES)
def test_a_path_keeps_its_words_and_loses_its_ids(path: str) -> None:
    assert template(f"https://api.vendor.example{path}") == TEMPLATES[path]


def test_a_unit_without_a_table_calls_all_the_same(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_recorders", {})
    assert get(vendor.url).status_code == 200
