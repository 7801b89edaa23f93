"""Buttons: the task that arrives, the line in the log, and what happens when it cannot be sent."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from config.backoffice import asking
from servicetitan.models import SyncReject
from tests.backoffice.conftest import Mirror, Queued

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
HX = {"HX-Request": "true"}


def _url(name: str, *args: Any) -> str:
    return reverse(f"admin:servicetitan_{name}", args=args)


def _said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


@pytest.mark.parametrize(
    ("button", "mode", "told"),
    [
        ("sync_now", "incremental", "changed since the last run"),
        ("sync_full", "full", "from the beginning"),
        ("reconcile", "reconcile", "marked as deleted here"),
    ],
)
def test_a_feeds_buttons_say_what_they_do_and_queue_it(
    operator: Client, mirror: Mirror, queued: Queued, button: str, mode: str, told: str
) -> None:
    mirror.cursor("jobs")
    dialog = operator.get(_url(f"synccursor_{button}", "jobs"), headers=HX).content.decode()
    assert told in dialog and "jobs" in dialog
    answer = operator.post(_url(f"synccursor_{button}", "jobs"), headers=HX)
    assert answer.headers["HX-Redirect"] == _url("synccursor_change", "jobs")
    assert queued() == [("servicetitan.sync", {"mode": mode, "entities": ["jobs"], "trigger": "admin: olga"})]
    assert "A worker takes it up" in _said(answer)


def test_a_run_has_the_buttons_of_its_feed(operator: Client, mirror: Mirror, queued: Queued) -> None:
    run = mirror.run("invoices")
    answer = operator.post(_url("synclog_sync_now", run.pk))
    assert answer.status_code == 302
    assert queued() == [("servicetitan.sync", {"mode": "incremental", "entities": ["invoices"], "trigger": "admin: olga"})]


def test_all_feeds_at_once(operator: Client, queued: Queued) -> None:
    operator.post(_url("synclog_sync_all"))
    assert queued() == [("servicetitan.sync", {"mode": "incremental", "trigger": "admin: olga"})]


def test_asking_is_logged_with_who_and_which_task(operator: Client, boss: Client, mirror: Mirror, queued: Queued) -> None:
    mirror.cursor("jobs")
    operator.post(_url("synccursor_sync_full", "jobs"))
    entry = LogEntry.objects.get()
    assert entry.user == User.objects.get(username="olga")
    assert entry.get_change_message().startswith("full read of jobs (task ")
    shown = boss.get(reverse("admin:admin_logentry_changelist")).content.decode()
    assert "olga" in shown and "full read of jobs" in shown
    page = boss.get(_url("synccursor_change", "jobs")).content.decode()
    (about,) = re.findall(r'href="([^"]+)">What people did here', page)
    assert "full read of jobs" in boss.get(about.replace("&amp;", "&")).content.decode()
    assert "full read of jobs" in boss.get(_url("synccursor_history", "jobs")).content.decode()
    assert "full read of jobs" not in boss.get(about.replace("jobs", "customers")).content.decode()


def test_a_feed_that_runs_is_not_asked_for_twice(operator: Client, mirror: Mirror, queued: Queued) -> None:
    mirror.cursor("jobs", holder="machine:1:a", lease_until=timezone.now() + timedelta(minutes=1))
    answer = operator.post(_url("synccursor_sync_now", "jobs"), headers=HX)
    assert b"being synced right now" in answer.content
    assert queued() == []


def test_a_switched_off_sync_is_not_asked_for(operator: Client, mirror: Mirror, queued: Queued, settings: Settings) -> None:
    settings.SERVICETITAN_SYNC_ENABLED = False
    for url in (_url("synccursor_sync_now", mirror.cursor("jobs").pk), _url("synclog_sync_all")):
        assert b"SERVICETITAN_SYNC_ENABLED is false" in operator.post(url, headers=HX).content
    assert queued() == []


def test_a_reference_list_is_not_reconciled(operator: Client, mirror: Mirror, queued: Queued) -> None:
    mirror.cursor("tag_types")
    assert b"compared every time" in operator.post(_url("synccursor_reconcile", "tag_types"), headers=HX).content
    assert queued() == []


@pytest.mark.parametrize(
    ("button", "task", "more"),
    [("retry", "retry_rejects", {"trigger": "admin: olga"}), ("dismiss", "dismiss_rejects", {})],
)
def test_one_reject(
    operator: Client, mirror: Mirror, queued: Queued, button: str, task: str, more: dict[str, str]
) -> None:
    reject = mirror.reject()
    operator.post(_url(f"syncreject_{button}", reject.pk))
    assert queued() == [(f"servicetitan.{task}", {"ids": [reject.pk], **more})]
    assert LogEntry.objects.get().object_id == str(reject.pk)
    assert SyncReject.objects.get().state == "open"  # the unit's worker changes it, not the admin


def test_a_resolved_reject_is_not_retried(operator: Client, mirror: Mirror, queued: Queued) -> None:
    reject = mirror.reject(state="resolved")
    assert b"nothing to retry" in operator.post(_url("syncreject_retry", reject.pk), headers=HX).content
    assert queued() == []


def _select(client: Client, action: str, ids: list[int], **more: str) -> Any:
    data = {"action": action, "_selected_action": [str(pk) for pk in ids], **more}
    return client.post(_url("syncreject_changelist") + "?state=all", data)


def test_selected_rejects_are_asked_about_once_more(operator: Client, mirror: Mirror, queued: Queued) -> None:
    one, two, done = mirror.reject("1"), mirror.reject("2"), mirror.reject("3", state="resolved")
    question = _select(operator, "retry_selected", [one.pk, two.pk, done.pk])
    assert b"Retry 2 records?" in question.content
    assert queued() == []
    answer = _select(operator, "retry_selected", [one.pk, two.pk], confirmed="1")
    assert answer.status_code == 302
    ((task, arguments),) = queued()
    assert task == "servicetitan.retry_rejects" and sorted(arguments["ids"]) == [one.pk, two.pk]
    assert LogEntry.objects.count() == 2


def test_select_across_is_never_more_than_what_is_ticked(operator: Client, mirror: Mirror, queued: Queued) -> None:
    one, _ = mirror.reject("1"), mirror.reject("2")
    _select(operator, "dismiss_selected", [one.pk], confirmed="1", select_across="1")
    assert queued() == [("servicetitan.dismiss_rejects", {"ids": [one.pk]})]


def test_rejects_are_grouped_by_what_they_have_in_common(operator: Client, mirror: Mirror) -> None:
    for n in range(3):
        mirror.reject(str(n), reason=f'Field balance: invalid input syntax for type numeric: "{n}"')
    mirror.reject("9", entity="jobs", reason="The record has no id.")
    page = operator.get(_url("syncreject_changelist")).content.decode()
    assert "Open, by reason" in page
    narrowed = operator.get(_url("syncreject_changelist") + "?cause=Field+balance").content
    assert narrowed.count(b'class="data-row') == 3


def test_rejects_that_are_open_come_first_to_mind(operator: Client, mirror: Mirror) -> None:
    mirror.reject("1"), mirror.reject("2", state="dismissed")
    assert operator.get(_url("syncreject_changelist")).content.count(b'class="data-row') == 1
    assert operator.get(_url("syncreject_changelist") + "?state=all").content.count(b'class="data-row') == 2


def test_without_the_queue_there_is_a_sentence_and_no_log_line(
    operator: Client, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(asking, "send", away)
    answer = operator.post(_url("syncreject_retry", mirror.reject().pk))
    assert answer.status_code == 302
    assert "the queue (Redis) does not answer" in _said(answer)
    assert not LogEntry.objects.exists()


def test_a_feed_that_the_brake_has_stopped_says_how_to_go_on(operator: Client, mirror: Mirror) -> None:
    mirror.cursor("jobs", braked="priority")
    page = operator.get(_url("synccursor_change", "jobs")).content.decode()
    assert "“priority” empty" in page and "--entity jobs --no-brake" in page
