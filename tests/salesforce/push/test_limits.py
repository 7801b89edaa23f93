"""The org's calls in 24 hours, and an API that is away."""

import pytest
from pytest_django.fixtures import Settings

from salesforce.http import shared_redis
from salesforce.models import Org, SyncRun
from salesforce.quota import KEY
from tests.mirror import people
from tests.salesforce.emulated import Pushing, Vendor, contact

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def test_a_run_stops_where_the_org_has_used_enough(vendor: Vendor, push: Pushing, settings: Settings) -> None:
    settings.SALESFORCE_QUOTA_PERCENT = 50
    vendor.switch(daily_limit=1000)
    vendor.app.api.limits.others = 497  # other integrations of the same org
    people(900)
    report = push()
    assert report.state == "waiting" and "80 %" not in report.error and "SALESFORCE_QUOTA_PERCENT" in report.error
    assert 0 < report.counts.created < 900
    calls = vendor.app.calls
    assert push().state == "waiting" and vendor.app.calls == calls, "nobody looks again in a loop"
    vendor.app.api.limits.others = 0
    shared_redis().delete(KEY)  # its time is over
    assert push().state == "succeeded" and set(vendor.records()) == set(range(1, 901))


def test_used_up_calls_are_told_and_waited_for(vendor: Vendor, push: Pushing) -> None:
    people(3)
    push(dry_run=True)
    vendor.fault({"action": "throttle", "path": "composite", "retry_after": "none"})
    report = push()
    assert report.state == "waiting" and "used up" in report.error
    shared_redis().delete(KEY)
    assert push().counts.created == 3


@pytest.mark.parametrize("kind", ["concurrent", "bare", "seconds"])
def test_too_many_at_once_only_waits(vendor: Vendor, push: Pushing, kind: str) -> None:
    people(3)
    vendor.fault({"action": "throttle", "path": "composite", "retry_after": kind, "seconds": 1})
    report = push()
    assert report.counts.created == 3 and report.stats.retries == 1


def test_how_much_is_used_is_known(vendor: Vendor, push: Pushing) -> None:
    people(1)
    push()
    org = Org.objects.get()
    assert org.calls_used == 2 and org.calls_most == 100_000


@pytest.mark.parametrize("fault", [{"action": "status", "status": 503}, {"action": "drop", "commit": False}])
def test_an_api_that_is_away_ends_the_run_and_loses_nothing(
    vendor: Vendor, push: Pushing, fault: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.isolation.egress.retries.FIRST_PAUSE_S", 0.01)
    people(2)
    vendor.fault({**fault, "path": "composite", "times": 0})
    report = push()
    assert report.state == "failed" and "did not answer" in report.error
    vendor.fault()
    assert push().counts.created == 2 and contact(2).state == "sent"


def test_a_session_that_ends_in_the_middle_is_renewed(
    vendor: Vendor, push: Pushing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("salesforce.oauth.tokens.YOUNG_S", 0)
    vendor.switch(session_dies_after_calls=2)
    people(900)
    report = push()
    assert report.counts.created == 900 and vendor.writes() == 900


def test_a_login_that_is_refused_ends_the_run_in_words(vendor: Vendor, push: Pushing) -> None:
    vendor.switch(run_as=False)
    people(1)
    report = push()
    assert report.state == "failed" and "Run As" in report.error
    assert SyncRun.objects.get().error == report.error
