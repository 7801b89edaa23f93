"""`manage.py sync_ghl` as people and cron use it."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.jobs import watching
from integrations.ghl.models import Contact, Opportunity, SyncRun
from tests.integrations.ghl.push.conftest import Vendor, contact
from tests.integrations.ghl.pushed import long_ago
from tests.mirror import customer, estimate, load, people, wait_for_changes

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture(autouse=True)
def company(vendor: Vendor) -> None:
    people(3)
    load("estimates", estimate(77, 2))


def run(*arguments: str) -> tuple[int, str, str]:
    """(exit status, output, error output)."""
    out, errors = StringIO(), StringIO()
    wait_for_changes()
    try:
        call_command("sync_ghl", *arguments, stdout=out, stderr=errors)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), errors.getvalue()
    return 0, out.getvalue(), errors.getvalue()


def summary(*arguments: str) -> dict[str, Any]:
    status, output, _ = run(*arguments, "--json")
    found: dict[str, Any] = json.loads(output)
    assert (status == 0) is found["ok"]
    return found


def runs() -> list[tuple[str, str]]:
    with acting_as("ghl"):
        return list(SyncRun.objects.order_by("id").values_list("mode", "state"))


def test_plain_lines_where_there_is_no_terminal(vendor: Vendor) -> None:
    status, output, _ = run()
    assert status == 0
    assert "contacts: 3 to look at, at the vendor's pace about less than a minute" in output
    assert output.splitlines()[-1].startswith("succeeded: 4 created; ")
    assert run()[1].splitlines()[-1] == "idle: nothing to do; 0 calls"


def test_a_long_push_is_told_about_while_it_runs(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LINE_EVERY_S", 0)
    assert "contacts: 1 of 3 done, less than a minute to go" in run()[1]


def test_json_is_one_object_and_nothing_else(vendor: Vendor) -> None:
    found = summary()
    assert (found["state"], found["mode"], found["created"], found["error"]) == ("succeeded", "incremental", 4, "")
    assert {"adopted", "updated", "unchanged", "skipped", "conflicts", "failed", "api_calls", "seconds"} <= found.keys()


def test_one_kind_leaves_the_other_waiting(vendor: Vendor) -> None:
    assert summary("--entity", "contacts")["created"] == 3
    assert not vendor.cards()
    assert summary("--entity", "opportunities")["created"] == 1


def test_chosen_ids_alone_are_sent(vendor: Vendor) -> None:
    assert summary("--ids", "1, 3")["created"] == 2
    assert {row["email"] for row in vendor.contacts()} == {"c1@example.com", "c3@example.com"}
    summary("--ids", "2")
    assert summary("--entity", "opportunities", "--ids", "77")["created"] == 1


def test_a_dry_run_tells_and_sends_nothing(vendor: Vendor) -> None:
    status, output, _ = run("--dry-run")
    assert status == 0
    assert "would kind contact, customer 2, act create" in output
    assert "would kind opportunity, customer 2, estimate 77, act create" in output
    assert not vendor.contacts() and not vendor.cards() and not vendor.app.account.fields.by_id and runs() == []
    found = summary("--dry-run")
    assert (found["state"], found["created"]) == ("dry run", 4)
    assert not any("@" in str(item) or "Customer" in str(item) for item in found["would"]), "names of fields, no values"
    assert summary()["created"] == 4, "a dry run marked nothing as done"


def test_everything_again_and_since(vendor: Vendor) -> None:
    run()
    assert summary("--full")["unchanged"] == 4
    assert summary("--since", "2020-01-31")["unchanged"] == 4


def test_a_comparison_tells_what_differs(vendor: Vendor) -> None:
    run()
    with acting_as("ghl"):
        long_ago(Contact, Opportunity)
    vendor.human("edit_contact", id=contact(1).ghl_id, city="Troy")
    vendor.human("delete_contact", id=contact(3).ghl_id)
    status, output, errors = run("--reconcile")
    assert (status, errors) == (0, "")
    lines = output.splitlines()
    assert "contacts: 3 should be there, 2 are (1 missing); 1 differ (city 1); 1 were deleted there" in lines
    assert "opportunities: 1 should be there, 1 are; none differs" in lines
    found = summary("--reconcile")
    assert (found["mode"], found["equal"], found["contacts"]["differ"]) == ("reconcile", False, 1)
    assert runs() == [("incremental", "succeeded"), ("reconcile", "succeeded"), ("reconcile", "succeeded")]


def test_a_comparison_that_is_not_finished_has_status_1(vendor: Vendor) -> None:
    run()
    vendor.fault({"action": "unauthorized", "times": 0})
    status, _, errors = run("--reconcile")
    assert status == 1 and "GHL_API_TOKEN" in errors


def test_a_push_interrupts_no_comparison(vendor: Vendor) -> None:
    with acting_as("ghl"):
        SyncRun.objects.create(mode="reconcile", trigger="schedule", started_at=timezone.now(), worker="another")
    run()
    assert runs() == [("reconcile", "running"), ("incremental", "succeeded")]
    run("--reconcile")
    assert runs()[0] == ("reconcile", "interrupted"), "nobody can be at it: the next one has its lease"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--ids", "1,two"], "numbers with commas"),
        (["--ids", "99999999999999999999"], "numbers with commas"),
        (["--ids", "1,4711"], "Not in the mirror as customers: 4711"),
        (["--ids", "1", "--full"], "leave out --full and --since"),
        (["--ids", "1", "--entity", "opportunities"], "Not in the mirror as estimates: 1"),
        (["--since", "yesterday"], "is no date"),
        (["--entity", "invoices"], "invalid choice"),
        (["--reconcile", "--dry-run", "--ids", "1"], "leave out --ids, --dry-run"),
    ],
)
def test_bad_input_is_told_and_changes_nothing(vendor: Vendor, arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("sync_ghl", *arguments, stdout=StringIO())
    assert not vendor.app.traffic.calls and runs() == []


def test_not_set_up_is_said_in_a_sentence(vendor: Vendor, settings: Settings) -> None:
    settings.GHL_API_TOKEN = settings.GHL_OAUTH_CLIENT_ID = ""
    for arguments in ([], ["--reconcile"]):
        with pytest.raises(CommandError, match="GHL_API_TOKEN"):
            call_command("sync_ghl", *arguments, stdout=StringIO())


def test_a_refused_token_has_status_1(vendor: Vendor) -> None:
    vendor.fault({"action": "unauthorized", "times": 0})
    for arguments in ([], ["--dry-run"]):
        status, output, errors = run(*arguments)
        assert status == 1 and output.splitlines()[-1].startswith("failed: ") and "Check GHL_API_TOKEN" in errors


def test_texts_that_no_column_takes_do_not_stop_it(vendor: Vendor) -> None:
    """A zero character, and half an emoji, that somebody's other tool wrote there."""
    run()
    vendor.human("edit_contact", id=contact(1).ghl_id, city="Tr\0oy\ud83d")
    load("customers", customer(1, "Smith, Anna"))
    assert summary()["updated"] == 1
    remote = contact(1).remote
    assert remote is not None and remote["firstName"] == "Anna"
