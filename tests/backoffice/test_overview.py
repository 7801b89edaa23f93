"""The first page: whether anything is wrong, in one sentence."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.jobs.beat import make_defaults
from servicetitan.entities import ENTITIES
from servicetitan.models import SyncCursor
from tests.backoffice.conftest import Mirror

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def _overview(client: Client) -> str:
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def healthy(mirror: Mirror) -> Mirror:
    make_defaults()
    for entity in ENTITIES:
        mirror.cursor(entity.name)
        mirror.run(entity.name, fetched=5, inserted=1, updated=1, unchanged=3)
    return mirror


def test_all_good(operator: Client, healthy: Mirror) -> None:
    content = _overview(operator)
    assert "All good" in content
    assert "need you" not in content
    assert "1 run, none failed" in content


def test_nothing_has_ever_run(operator: Client, db: None) -> None:
    content = _overview(operator)
    assert "This is how to begin" in content
    assert "manage.py st_sync_worker" in content
    assert reverse("admin:servicetitan_synclog_sync_all") in content
    assert "needs you" not in content


def test_the_first_step_is_another_one_with_real_credentials(operator: Client, settings: Settings) -> None:
    settings.SERVICETITAN_USES_SANDBOX = False
    assert ".env.example" in _overview(operator)


def test_a_failed_run_and_rejects_need_somebody(operator: Client, healthy: Mirror) -> None:
    failed = healthy.run("jobs", state="failed", error="HTTP 502. <b>")
    healthy.reject(), healthy.reject("78")
    content = _overview(operator)
    assert "2 things need you" in content
    assert "The last run of jobs failed 2 min ago: HTTP 502." in content
    assert reverse("admin:servicetitan_synclog_change", args=[failed.pk]) in content
    assert "2 records could not be loaded" in content


def test_a_failure_that_is_over_needs_nobody(operator: Client, healthy: Mirror) -> None:
    healthy.run("jobs", state="failed", error="HTTP 502")
    healthy.run("jobs")
    content = _overview(operator)
    assert "All good" in content and "3 runs, 1 failed" in content


def test_feeds_that_are_behind_are_one_sentence(operator: Client, healthy: Mirror) -> None:
    with acting_as("servicetitan"):
        late = timezone.now() - timedelta(hours=2)
        SyncCursor.objects.filter(entity__in=["jobs", "invoices", "tag_types"]).update(last_success_at=late)
    content = _overview(operator)
    assert "1 thing needs you" in content
    assert "Behind: jobs, invoices; the oldest success was 2 h ago. Is the worker running?" in content


def test_a_run_without_a_sign_of_life(operator: Client, healthy: Mirror) -> None:
    healthy.run("jobs", state="running", finished_at=None, worker="machine:9:gone")
    assert "The run of jobs gives no sign of life" in _overview(operator)


def test_a_run_that_is_going_on_is_no_problem(operator: Client, healthy: Mirror) -> None:
    healthy.run("jobs", state="running", finished_at=None, worker="machine:9:here", fetched=1200)
    with acting_as("servicetitan"):
        soon = timezone.now() + timedelta(seconds=15)
        SyncCursor.objects.filter(entity="jobs").update(holder="machine:9:here", lease_until=soon)
    content = _overview(operator)
    assert "All good" in content and "running: 1,200 read" in content


def test_schedules_that_are_off_missing_or_late(operator: Client, healthy: Mirror) -> None:
    PeriodicTask.objects.update(last_run_at=timezone.now() - timedelta(hours=30))
    assert "is overdue: the scheduler does not seem to run" in _overview(operator)
    PeriodicTask.objects.update(enabled=False)
    assert "Every schedule of ServiceTitan is switched off" in _overview(operator)
    PeriodicTask.objects.all().delete()
    assert "ServiceTitan has no schedule" in _overview(operator)


def test_the_last_day_is_summed_and_older_runs_are_not(operator: Client, healthy: Mirror) -> None:
    old = timezone.now() - timedelta(days=3)
    healthy.run("jobs", fetched=7000, started_at=old, finished_at=old)
    healthy.run("jobs", fetched=1100, inserted=40, updated=2)
    content = _overview(operator)
    assert "1,105" in content and "8,105" not in content


def test_it_takes_few_queries_however_much_there_is(operator: Client, healthy: Mirror) -> None:
    with CaptureQueriesContext(connection) as few:
        _overview(operator)
    for _ in range(30):
        healthy.run("jobs")
    with CaptureQueriesContext(connection) as many:
        _overview(operator)
    assert len(many) <= len(few) <= 39  # ten look into tables that PostgreSQL has not measured yet, thirteen are badges


@pytest.mark.parametrize(
    ("environment", "sandbox", "badge"),
    [("production", False, "production"), ("demo", True, "demo · sandbox data"), ("test", True, "test · sandbox data")],
)
def test_a_badge_says_where_one_is(
    operator: Client, settings: Settings, environment: str, sandbox: bool, badge: str
) -> None:
    settings.HUB_ENV, settings.SERVICETITAN_USES_SANDBOX = environment, sandbox
    assert badge in _overview(operator)


def test_the_menu_counts_what_waits_for_a_person(operator: Client, healthy: Mirror) -> None:
    healthy.reject(), healthy.reject("78"), healthy.reject("79", state="dismissed")
    menu = _overview(operator).split('id="nav-sidebar-apps"')[1].split('id="main"')[0]
    badge = re.search(r"Rejects</span>\s*<span[^>]*>\s*(\S+)\s*</span>", menu)
    assert badge and badge[1] == "2"
