"""The vendor's limits: kept without one refusal, and used."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from integrations.ghl import pace
from integrations.ghl.http import shared_redis
from integrations.ghl.models import Contact
from tests.integrations.ghl.push.conftest import Pushing, Vendor
from tests.integrations.ghl.push.truth import wrong
from tests.mirror import people

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
WINDOW_S = 5.0  # of ten seconds: shorter ones, and a busy machine's delays are longer than the spare calls last
LIMIT = 100


@pytest.fixture
def limited(vendor: Vendor, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    monkeypatch.setattr(pace, "WINDOW_S", WINDOW_S)
    settings.GHL_CALLS_PER_10_S = LIMIT
    vendor.switch(burst_limit=LIMIT, burst_seconds=WINDOW_S)
    return vendor


@pytest.mark.slow
def test_a_backfill_uses_the_limit_and_never_meets_it(limited: Vendor, push: Pushing) -> None:
    people(200)
    report = push()
    limits = limited.state()["limits"]
    assert report.counts.created == 200
    assert limits["refused"] == 0
    assert 0.95 * LIMIT <= limits["peakInAWindow"] <= LIMIT


def test_another_program_with_the_same_token_is_made_way_for(limited: Vendor, push: Pushing) -> None:
    """The limit there is lower than ours: the headers say that somebody else uses it."""
    limited.switch(burst_limit=20, burst_seconds=WINDOW_S)
    people(30)
    push()
    assert wrong(limited, 30, 0) == []
    assert limited.state()["limits"]["refused"] <= 8, "once for each call that was on its way"


def test_the_days_calls_are_used_up(vendor: Vendor, push: Pushing, settings: Settings) -> None:
    """The run ends and says until when; the first run of the next day goes on."""
    vendor.switch(daily_limit=20)
    people(30)
    report = push()
    assert report.state == "waiting"
    assert "used up" in report.error
    calls = sum(vendor.app.traffic.calls.values())
    assert push().state == "waiting"
    assert sum(vendor.app.traffic.calls.values()) == calls, "nobody knocks again before"
    left = Contact.objects.using("ghl").filter(due_at__isnull=False).count()
    assert 0 < left < 30
    vendor.app.account.clock.advance(timedelta(days=1))
    with acting_as("ghl"):
        shared_redis().delete(f"ghl:day:{settings.GHL_LOCATION_ID}")  # what its expiry does at midnight
    vendor.switch(daily_limit=200_000)
    push()
    assert wrong(vendor, 30, 0) == []
