"""`manage.py sync_servicetitan` as people and cron use it."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from servicetitan.entities import BY_NAME
from servicetitan.management import watching
from servicetitan.models import Job, SyncLog
from tests.servicetitan.sync.conftest import Vendor

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def run(*arguments: str) -> tuple[int, str]:
    """(exit status, output)."""
    out = StringIO()
    try:
        call_command("sync_servicetitan", *arguments, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def summary(*arguments: str) -> dict[str, Any]:
    status, output = run(*arguments, "--json")
    found: dict[str, Any] = json.loads(output)
    assert (status == 0) is found["ok"]
    return found


def test_plain_lines_where_there_is_no_terminal(vendor: Vendor) -> None:
    status, output = run()
    assert status == 0
    lines = output.splitlines()
    assert len(lines) == 10
    assert any(line.startswith("customers: succeeded, 40 read, 40 inserted") for line in lines)


def test_long_feeds_are_told_about_while_they_run(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LINE_EVERY_S", 0)
    assert "jobs: 40 read, 40 inserted so far" in run("--entity", "jobs")[1]


def test_json_is_one_object_and_nothing_else(vendor: Vendor) -> None:
    found = summary("--entity", "jobs")
    assert (found["mode"], found["dry_run"]) == ("incremental", False)
    entity = found["entities"][0]
    assert entity["entity"] == "jobs"
    assert entity["fetched"] == entity["inserted"] == Job.objects.count()
    assert {"unchanged", "rejected", "pages", "api_calls", "retries", "wait_seconds", "bytes", "state", "error"} <= entity.keys()


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("customers", "customers"), ("contacts", "contacts"), ("customer-contacts", "contacts"), ("st_appts", "appointments"),
     ("Appointments", "appointments"), ("business-units", "business_units")],
)  # fmt: skip
def test_entities_go_by_the_names_people_know(vendor: Vendor, asked: str, meant: str) -> None:
    assert [entity["entity"] for entity in summary("--entity", asked)["entities"]] == [meant]


def test_several_entities(vendor: Vendor) -> None:
    found = summary("--entity", "jobs", "--entity", "customers", "--entity", "jobs")
    assert [entity["entity"] for entity in found["entities"]] == ["customers", "jobs"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--entity", "widgets"], "There is no entity 'widgets'. Choose from: business_units, job_types"),
        (["--since", "yesterday"], "'yesterday' is no date"),
        (["--since", "2026-13-01"], "is no date"),
        (["--full", "--reconcile"], "not allowed with argument"),
    ],
)
def test_bad_input_is_told_and_changes_nothing(vendor: Vendor, arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("sync_servicetitan", *arguments, stdout=StringIO())
    assert not SyncLog.objects.exists()
    assert not vendor.app.traffic.calls


def test_one_feeds_failure_is_told_at_the_end_with_status_1(vendor: Vendor) -> None:
    vendor.switch(scopes=[scope for scope in vendor.app.switches.scopes if scope != "tn.sal.estimates:r"])
    status, output = run()
    assert status == 1
    assert "estimates: failed, 0 read. ServiceTitan refuses" in output
    assert output.count("succeeded") == 9


def test_rejects_do_not_fail_the_run(vendor: Vendor) -> None:
    vendor.switch(wrong_types=0.2)
    status, output = run("--entity", "estimates")
    assert status == 0
    assert "estimates: partial" in output
    assert "rejected" in output


@pytest.mark.parametrize(
    ("since", "sent"),
    [("2026-01-31", "2026-01-31"), ("2026-01-31T06:00:00Z", "2026-01-31T06:00:00Z"),
     ("2026-01-31T06:00:00-07:00", "2026-01-31T13:00:00Z"), ("2026-01-31 06:00", "2026-01-31T06:00:00Z")],
)  # fmt: skip
def test_since_takes_dates_and_moments(vendor: Vendor, monkeypatch: pytest.MonkeyPatch, since: str, sent: str) -> None:
    summary("--entity", "jobs", "--since", since)
    assert SyncLog.objects.get(entity="jobs", mode="since").state == "succeeded"
    expected = {key for key, row in vendor.truth(BY_NAME["jobs"]).items() if row["modifiedOn"] >= sent}
    assert set(Job.objects.values_list("pk", flat=True)) == expected
