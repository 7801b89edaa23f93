"""The vendor's worst day: what times out, breaks off, refuses or lies. Nothing is lost, and one feed's trouble is its own."""

import threading
import time
from typing import Any

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from servicetitan import http
from servicetitan.entities import BY_NAME, FEEDS
from servicetitan.models import Customer, Job, SyncCursor, SyncLog
from servicetitan.sync.run import NotConfigured
from tests.servicetitan.sync.conftest import Mode, Run, State, Vendor
from tests.servicetitan.sync.truth import differences

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

PASSING: dict[str, dict[str, Any]] = {
    "server error": {"action": "status", "status": 500},
    "bad gateway": {"action": "html", "status": 502},
    "a web page that says 200": {"action": "html", "status": 200},
    "overload": {"action": "status", "status": 503},
    "gateway timeout": {"action": "status", "status": 504},
    "token refused": {"action": "unauthorized"},
    "rate limit with seconds": {"action": "throttle", "retry_after": "seconds"},
    "rate limit with a date": {"action": "throttle", "retry_after": "date"},
    "rate limit in words only": {"action": "throttle", "retry_after": "none"},
    "no answer": {"action": "silence", "seconds": 3},
    "an answer too late": {"action": "hang", "seconds": 2.5},
    "connection cut": {"action": "drop"},
    "cut in the middle": {"action": "cut"},
    "half a JSON": {"action": "truncate"},
    "wrong length": {"action": "wrong_length"},
    "slow": {"action": "trickle", "seconds": 1},
    "maintenance": {
        "action": "status", "status": 409, "content_type": "application/json",
        "body": '{"title": "The service is suspended for maintenance. Please try again later."}',
    },
}  # fmt: skip


@pytest.mark.parametrize("fault", PASSING)
def test_a_passing_fault_costs_only_time(vendor: Vendor, sync: Run, fault: str) -> None:
    vendor.fault({"path": "export/jobs", "after": 1, "times": 2, **PASSING[fault]})
    ledger = sync("jobs")["jobs"]
    assert ledger.state == State.SUCCEEDED, ledger.error
    assert differences(BY_NAME["jobs"], vendor.truth(BY_NAME["jobs"])) == []
    if fault not in ("slow", "token refused"):
        assert ledger.stats.retries >= 1


@pytest.mark.parametrize("fault", ["repeat_page", "skip_page"])
def test_pages_out_of_turn_never_pass_unnoticed(vendor: Vendor, sync: Run, fault: str) -> None:
    vendor.fault({"path": "export/jobs", "after": 2, "times": 1, "action": fault})
    ledger = sync("jobs")["jobs"]
    if ledger.state != State.SUCCEEDED:
        assert "same continuation token" in ledger.error
        assert sync("jobs")["jobs"].state == State.SUCCEEDED
    sync("jobs", mode=Mode.RECONCILE)
    assert differences(BY_NAME["jobs"], vendor.truth(BY_NAME["jobs"])) == []


def test_random_faults_on_every_tenth_call(vendor: Vendor, sync: Run) -> None:
    actions = ["status", "html", "unauthorized", "throttle", "drop", "cut", "truncate", "wrong_length"]
    vendor.switch(export_batch_size=10)
    vendor.fault(*({"action": a, "times": 0, "share": 0.02, "seed": n, "path": "export"} for n, a in enumerate(actions)))
    for _ in range(4):
        if all(ledger.state == State.SUCCEEDED for ledger in sync().values()):
            break
    for entity in FEEDS:
        assert differences(entity, vendor.truth(entity)) == []


def test_one_feeds_missing_scope_stops_no_other(vendor: Vendor, sync: Run) -> None:
    granted = [scope for scope in vendor.app.switches.scopes if scope != "tn.sal.estimates:r"]
    vendor.switch(scopes=granted)
    ledgers = sync()
    assert ledgers["estimates"].state == State.FAILED
    assert "tn.sal.estimates:r" in ledgers["estimates"].error
    assert {ledger.state for name, ledger in ledgers.items() if name != "estimates"} == {State.SUCCEEDED}
    assert SyncLog.objects.get(entity="estimates").error == ledgers["estimates"].error
    vendor.switch()
    assert sync("estimates")["estimates"].state == State.SUCCEEDED


def test_a_failure_in_the_middle_keeps_what_was_read_and_goes_on_from_there(vendor: Vendor, sync: Run) -> None:
    vendor.fault({"path": "export/jobs", "after": 1, "times": 0, "action": "status", "status": 400})
    assert sync("jobs")["jobs"].state == State.FAILED
    assert Job.objects.count() == 40
    vendor.fault()
    ledger = sync("jobs")["jobs"]
    assert ledger.tally.fetched == len(vendor.truth(BY_NAME["jobs"])) - 40
    assert differences(BY_NAME["jobs"], vendor.truth(BY_NAME["jobs"])) == []


def test_an_interrupted_full_read_is_finished_by_the_next_run(vendor: Vendor, sync: Run) -> None:
    sync("jobs")
    vendor.fault({"path": "export/jobs", "after": 1, "times": 0, "action": "status", "status": 403})
    assert sync("jobs", mode=Mode.FULL)["jobs"].state == State.FAILED
    assert SyncCursor.objects.get(entity="jobs").full_since is not None
    vendor.fault()
    rest = sync("jobs")["jobs"]
    assert rest.tally.fetched == Job.objects.count() - 40
    assert SyncCursor.objects.get(entity="jobs").full_since is None


def test_a_token_that_is_no_longer_accepted_is_replaced_by_a_date(vendor: Vendor, sync: Run) -> None:
    sync("customers")
    SyncCursor.objects.using("servicetitan").filter(entity="customers").update(continue_from="forgotten")
    vendor.live(minutes=5)
    known = Customer.objects.filter(active=True).first()
    assert known is not None
    vendor.company.touch("customers", known.pk, do_not_mail=not known.do_not_mail)
    SyncCursor.objects.using("servicetitan").update(caught_up_at="2026-06-01T15:00:00Z")
    ledger = sync("customers")["customers"]
    assert ledger.state == State.SUCCEEDED, ledger.error
    assert differences(BY_NAME["customers"], vendor.truth(BY_NAME["customers"])) == []


def test_wrong_credentials_are_told_in_words(vendor: Vendor, sync: Run, settings: Settings) -> None:
    settings.SERVICETITAN_CLIENT_SECRET = "wrong"
    ledger = sync("customers")["customers"]
    assert ledger.state == State.FAILED
    assert "SERVICETITAN_CLIENT_SECRET" in ledger.error
    assert "wrong" not in ledger.error.replace("wrong ", "")


def test_a_wrong_app_key_is_told_in_words(vendor: Vendor, sync: Run, settings: Settings) -> None:
    settings.SERVICETITAN_APP_KEY = "wrong"
    assert "SERVICETITAN_APP_KEY" in sync("customers")["customers"].error


def test_nobody_there_is_told_in_words(vendor: Vendor, sync: Run, settings: Settings) -> None:
    settings.SERVICETITAN_API_URL = settings.SERVICETITAN_AUTH_URL = "http://127.0.0.1:9"
    ledgers = sync("customers", "jobs")
    assert {ledger.state for ledger in ledgers.values()} == {State.FAILED}
    assert "127.0.0.1:9 did not answer" in ledgers["jobs"].error


def test_a_limit_that_never_ends_gives_up(vendor: Vendor, sync: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LONGEST_WAIT_S", 2.0)
    vendor.fault({"path": "export/jobs", "times": 0, "action": "throttle", "retry_after": "seconds"})
    ledger = sync("jobs")["jobs"]
    assert ledger.state == State.FAILED
    assert "longer pauses" in ledger.error


def test_missing_credentials_are_named(vendor: Vendor, sync: Run, settings: Settings) -> None:
    settings.SERVICETITAN_CLIENT_ID = settings.SERVICETITAN_APP_KEY = ""
    with pytest.raises(NotConfigured, match="SERVICETITAN_CLIENT_ID, SERVICETITAN_APP_KEY"):
        sync("customers")


def test_switched_off_nothing_is_called(vendor: Vendor, sync: Run, settings: Settings) -> None:
    settings.SERVICETITAN_SYNC_ENABLED = False
    with pytest.raises(NotConfigured, match="SERVICETITAN_SYNC_ENABLED is false"):
        sync()
    assert not SyncLog.objects.exists()


def test_a_database_that_goes_away_costs_one_run(vendor: Vendor, sync: Run) -> None:
    """Its connections are cut in the middle; lease and log row are in order all the same."""
    vendor.switch(latency=0.1, export_batch_size=10)

    def cut() -> None:
        while not SyncLog.objects.filter(entity="jobs", pages__gt=1).exists():
            time.sleep(0.02)
        with connections["servicetitan"].cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = current_user AND pid <> pg_backend_pid() AND datname = current_database()"
            )
        connections.close_all()

    cutter = threading.Thread(target=cut)
    cutter.start()
    ledger = sync("jobs")["jobs"]
    cutter.join()
    assert ledger.state == State.FAILED
    assert "The database did not answer" in ledger.error
    assert SyncLog.objects.get(entity="jobs").state == "failed"
    assert SyncCursor.objects.get(entity="jobs").holder is None
    vendor.switch()
    assert sync("jobs", wait_s=0)["jobs"].state == State.SUCCEEDED
    assert differences(BY_NAME["jobs"], vendor.truth(BY_NAME["jobs"])) == []


def test_a_field_that_is_suddenly_empty_everywhere_stops_the_run(vendor: Vendor, sync: Run) -> None:
    sync("customers")
    before = {row.pk: row.name for row in Customer.objects.all()}
    original = vendor.app.company._render["customers"]
    vendor.app.company._render["customers"] = lambda record: original(record) | {"name": None}
    ledger = sync("customers", mode=Mode.FULL)["customers"]
    assert ledger.state == State.BRAKED
    assert "'name' empty" in ledger.error
    assert {row.pk: row.name for row in Customer.objects.all()} == before
    ledger = sync("customers", mode=Mode.FULL, braking=False)["customers"]
    assert ledger.state == State.SUCCEEDED
    assert not Customer.objects.exclude(name=None).exists()
