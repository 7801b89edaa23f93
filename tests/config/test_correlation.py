"""One number from the sync run through the push: in every line of the log, in the tables, in the headers."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from config.correlation import because_of, causes, correlated, current
from config.isolation.actor import acting_as
from config.jobs.deliveries import claim
from config.jobs.queue import send
from config.logs import Json, Lines
from salesforce.models import SalesforceDelivery, SyncRun
from servicetitan.models import SyncLog, runs_behind
from tests.backoffice.conftest import boss, plain_settings
from tests.mirror import brought_by, people
from tests.salesforce.emulated import Pushing, push, vendor

__all__ = ["boss", "plain_settings", "push", "vendor"]


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, io.StringIO, logging.Handler]]:
    out = io.StringIO()
    handler, log = logging.StreamHandler(out), logging.getLogger("config.test_of_logs")
    log.addHandler(handler)
    log.propagate = False
    yield log, out, handler
    log.removeHandler(handler)


def test_lines_for_people_begin_with_the_number(written: Any) -> None:
    log, out, handler = written
    handler.setFormatter(Lines("{levelname} {name}{correlation}: {message}", style="{"))
    log.warning("alone")
    with correlated("abcdefgh12345"):
        log.warning("sent to %s", "ann@example.com")
    assert out.getvalue().splitlines() == [
        "WARNING config.test_of_logs: alone",
        "WARNING config.test_of_logs [abcdefgh]: sent to [e-mail]",
    ]


def test_json_has_what_a_collector_wants_and_nothing_secret(written: Any) -> None:
    log, out, handler = written
    handler.setFormatter(Json())
    with acting_as("ghl"), correlated("abcdefgh12345"):
        try:
            raise ValueError("Bearer abcdefghijkl")
        except ValueError:
            log.exception("It failed for %s.", "+1 602 555 0123")
    line = json.loads(out.getvalue())
    assert (line["level"], line["logger"], line["unit"]) == ("error", "config.test_of_logs", "ghl")
    assert line["event"] == "It failed for [phone]." and line["correlation_id"] == "abcdefgh12345"
    assert "abcdefghijkl" not in line["exception"] and line["timestamp"].endswith("Z")


def test_lines_say_whose_changes_are_worked_on(written: Any) -> None:
    log, out, handler = written
    with correlated("abcdefgh12345"):
        for handler.formatter in (Lines("{name}{correlation}: {message}", style="{"), Json()):
            because_of(["", "abcdefgh12345"])
            log.warning("own")
            because_of(["sync-one-1", "sync-two-2", "sync-one-1"])
            log.warning("theirs")
        with correlated("another-block"):
            assert causes() == ()
    assert causes() == ()
    plain, caused, *parsed = out.getvalue().splitlines()
    assert (plain, caused) == ("config.test_of_logs [abcdefgh]: own", "config.test_of_logs [abcdefgh < sync-one]: theirs")
    assert [json.loads(line).get("caused_by") for line in parsed] == [None, ["sync-one-1", "sync-two-2"]]


@pytest.mark.parametrize("given", ["short", "with blank in it", "<script>alert(1)</script>", "x" * 65, "", None])
def test_a_number_that_is_none_is_replaced(given: str | None) -> None:
    with correlated(given) as number:
        assert number != given and len(number) == 32 and current() == number
    assert current() == ""


def test_a_web_request_keeps_a_proxys_number(client: Client, plain_settings: None, db: None) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "from-the-proxy-1"})["X-Request-ID"] == "from-the-proxy-1"
    assert len(client.get("/healthz", headers={"X-Request-ID": "a b"})["X-Request-ID"]) == 32


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_a_task_carries_the_number_of_who_sent_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []
    monkeypatch.setattr("config.jobs.queue.app.send_task", lambda task, kwargs, headers: seen.append(headers))
    with correlated("abcdefgh12345"):
        id = send("salesforce.sync")
    assert seen[0]["hub_correlation"] == "abcdefgh12345"
    with acting_as("salesforce"), correlated(seen[0]["hub_correlation"]):
        assert claim(SalesforceDelivery, id, "salesforce.sync", "{}", "w")
        assert SalesforceDelivery.objects.get().correlation_id == "abcdefgh12345"


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_a_push_leads_back_to_the_sync_whose_changes_it_read(boss: Client, vendor: Any, push: Pushing) -> None:
    people(1)
    push()  # begins at the head of the log
    with acting_as("servicetitan"):
        run = SyncLog.objects.create(
            run="00000000-0000-0000-0000-000000000001", entity="customers", mode="incremental", trigger="test",
            started_at="2026-01-01T00:00:00Z", correlation_id="the-sync-1",
        )  # fmt: skip
    people(1, first=2)
    with correlated("the-push-1"):
        push()
    pushed = SyncRun.objects.order_by("-id")[0]
    assert pushed.correlation_id == "the-push-1" and pushed.first_txid is not None and pushed.last_txid is not None
    assert pushed.first_txid <= pushed.last_txid
    with acting_as("servicetitan"):
        SyncLog.objects.filter(pk=run.pk).update(
            first_txid=pushed.first_txid, last_txid=pushed.first_txid, started_at=pushed.started_at
        )
    assert [found.pk for found in runs_behind(pushed.first_txid, pushed.last_txid, pushed.started_at)] == [run.pk]
    with acting_as("backoffice"):
        page = boss.get(f"/admin/salesforce/syncrun/{pushed.pk}/change/").content.decode()
        assert "the-push-1" in page and "the-sync-1" in page
        page = boss.get(f"/admin/servicetitan/synclog/{run.pk}/change/").content.decode()
        assert "Salesforce: who read its changes" in page and "the-push-1" in page


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_a_push_says_in_its_log_which_sync_brought_the_changes(vendor: Any, push: Pushing) -> None:
    people(1)
    push()
    people(1, first=2)
    brought_by("the-sync-1", "customers")
    brought_by("the-sync-2", "contacts")
    with correlated("the-push-1"):
        push()
        assert sorted(causes()) == ["the-sync-1", "the-sync-2"]
        push()
        assert causes() == (), "nothing was read"


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_a_command_has_a_number_of_its_own(vendor: Any) -> None:
    people(1)
    call_command("sync_salesforce", stdout=io.StringIO())
    assert len(SyncRun.objects.get().correlation_id) == 32
