"""Whatever one call meets, in the end everything is there once."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.isolation.egress import retries
from integrations.ghl.models import Contact, FeedPosition, Opportunity
from integrations.ghl.push import keep
from integrations.ghl.push.consume import ENTITIES
from servicetitan.models import Change
from tests.integrations.ghl.push.conftest import Pushing, Vendor
from tests.integrations.ghl.push.truth import wrong
from tests.mirror import customer, estimate, load, people

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

SHARE = 0.10
CREATES = {"method": "POST", "path": r"upsert|opportunities/$"}
FAULTS: dict[str, dict[str, Any]] = {
    "cut off after the commit": {"action": "drop"},
    "cut off before it": {"action": "drop", "commit": False},
    "no answer after the commit": {"action": "silence", "seconds": 3.0, "share": 0.02},
    "late: carried out when nobody waits": {"action": "hang", "seconds": 1.5, "share": 0.02},
    "500 after the commit": {"action": "status", "status": 500, "commit": True},
    "500": {"action": "status", "status": 500},
    "a gateway's page after the commit": {"action": "html", "status": 502, "commit": True},
    "a gateway's page that says 200": {"action": "html", "status": 200, "commit": True},
    "half an answer": {"action": "truncate"},
    "less than promised": {"action": "wrong_length"},
    "refused but done": {"action": "unauthorized", "commit": True},
    "refused": {"action": "unauthorized"},
    "too many calls": {"action": "throttle", "retry_after": "seconds", "seconds": 1, "share": 0.02},
    "the last answer again": {"action": "repeat"},
    "the last answer again, and done": {"action": "repeat", "commit": True},
    "400 but done": {"action": "status", "status": 400, "commit": True, "body": "{}", "content_type": "application/json"},
    "404 but done": {"action": "status", "status": 404, "commit": True, "body": "{}", "content_type": "application/json"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def quick(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of minutes in a test's time."""
    settings.GHL_TIMEOUT_S, settings.GHL_SETTLE_S = 1, 1
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(keep, "FIRST_PAUSE", keep.FIRST_PAUSE * 0)


def until_through(push: Pushing, patience_s: float = 30) -> None:
    """Runs until one ends well and nothing is due any more."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        report = push()
        soon = timezone.now() + timedelta(hours=1)  # an open estimate is looked at again in some days
        due = [row for model in (Contact, Opportunity) for row in model.objects.using("ghl").filter(due_at__lt=soon)]
        if report.ok and not due and not unread():
            return
        time.sleep(0.05)
    raise AssertionError(f"{report.state} {report.error}; still due: {[(row, row.state, row.reason) for row in due[:5]]}")


def unread() -> bool:
    """Whether the log has changes that no reader may see yet: other tests' transactions hold readers up."""
    position = FeedPosition.objects.using("ghl").get()
    return Change.objects.using("ghl").filter(txid__gt=position.txid, entity__in=ENTITIES).exists()


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_and_nothing_is_there_twice(name: str, vendor: Vendor, push: Pushing) -> None:
    people(40)
    load("estimates", *(estimate(1000 + id, id) for id in range(1, 41)))
    vendor.fault({"times": 0, "share": SHARE, **FAULTS[name]})
    until_through(push)
    load("customers", *(customer(id, f"Changed {id}") for id in range(1, 41)))
    load("estimates", *(estimate(1000 + id, id, "Sold") for id in range(1, 41)))
    until_through(push)
    assert vendor.app.faults.fired
    assert wrong(vendor, 40, 40) == []
    assert {row["firstName"] for row in vendor.contacts()} == {"Changed"}
    assert {vendor.stage(row) for row in vendor.cards()} == {"Sold"}


@pytest.mark.parametrize(("cards", "times"), [([], 1), ([{"id": "x", "contactId": "another"}], 2)], ids=["none", "another's"])
def test_a_search_answered_with_nonsense_makes_no_second_card(
    vendor: Vendor, push: Pushing, cards: list[dict[str, str]], times: int
) -> None:
    people(1)
    load("estimates", estimate(1001, 1))
    answer = {"status": 200, "body": json.dumps({"opportunities": cards}), "content_type": "application/json"}
    vendor.fault(
        {"action": "drop", "times": 1, "method": "POST", "path": "opportunities/$"},
        {"action": "status", "times": times, "method": "GET", "path": "opportunities/search", **answer},
    )
    until_through(push)
    assert vendor.app.faults.report()["fired"] == {"drop": 1, "status": times}
    assert wrong(vendor, 1, 1) == []


def test_every_create_loses_its_answer(vendor: Vendor, push: Pushing) -> None:
    """Until it is found that what was sent is there."""
    people(20)
    load("estimates", *(estimate(1000 + id, id) for id in range(1, 21)))
    vendor.fault({"action": "drop", "times": 0, **CREATES})
    until_through(push)
    assert wrong(vendor, 20, 20) == []
