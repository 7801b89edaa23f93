"""Finding places in logs by time, without an index on time."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from config.backoffice.positions import few, first_at, window_start
from config.isolation.actor import acting_as
from servicetitan.models import SyncLog
from tests.backoffice.conftest import Mirror

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def runs(mirror: Mirror) -> list[SyncLog]:
    """One an hour; every third number is a gap."""
    made = [mirror.run(started_at=START + timedelta(hours=n)) for n in range(30)]
    with acting_as("servicetitan"):
        for run in made[::3]:
            run.delete()
    return [run for run in made if run.pk]


def _first(moment: datetime) -> int:
    return first_at(SyncLog, "id", "started_at", moment)


def test_finds_the_first_row_that_is_not_older(runs: list[SyncLog]) -> None:
    for hours in range(-2, 33):
        moment = START + timedelta(hours=hours, minutes=-1)
        later = [run.pk for run in runs if run.started_at >= moment]
        found = _first(moment)
        assert list(SyncLog.objects.filter(pk__gte=found).order_by("pk").values_list("pk", flat=True)) == later


def test_an_empty_table_has_no_place(db: None) -> None:
    assert _first(START) == 0


def test_a_window_is_as_long_as_asked_and_remembered(runs: list[SyncLog], mirror: Mirror) -> None:
    newest = SyncLog.objects.order_by("-pk")
    start = window_start(newest, "pk", 5)
    assert SyncLog.objects.filter(pk__gt=start).count() == 5
    mirror.run()
    assert window_start(newest, "pk", 5) == start
    cache.clear()
    assert window_start(newest, "pk", 5) > start


def test_a_short_table_needs_no_window(runs: list[SyncLog]) -> None:
    assert window_start(SyncLog.objects.order_by("-pk"), "pk", 500) == 0


def test_counting_stops(runs: list[SyncLog]) -> None:
    assert few(SyncLog.objects.all(), 100) == (20, "20")
    assert few(SyncLog.objects.all(), 5) == (6, "5+")
