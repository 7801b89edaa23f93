"""Which runs of the sync wrote the changes that a consumer has read: how a record at a vendor leads back to its cause."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from servicetitan.models.sync import SyncLog

LOOKED_AT = timedelta(days=1)  # before the consumer's run: a consumer that was further behind read more than is listed
SHOWN = 12
RECENT = 10_000  # runs: a week's or so. A consumer that was away for longer works on, and cannot say whose changes it reads


def runs_behind(first_txid: int | None, last_txid: int | None, at: datetime) -> Sequence[SyncLog]:
    """The newest runs whose transactions overlap with those that were read `at` a moment. None known: nothing."""
    if first_txid is None or last_txid is None:
        return []
    runs = _overlapping(first_txid, last_txid).filter(started_at__gte=at - LOOKED_AT, started_at__lte=at + LOOKED_AT)
    return list(runs.order_by("-id")[:SHOWN])


def causes(first_txid: int | None, last_txid: int | None) -> list[str]:
    """Correlation ids of the newest runs that wrote changes which a consumer has just read."""
    if first_txid is None or last_txid is None:
        return []
    numbers = _recent(first_txid, last_txid).order_by("-pk").values_list("correlation_id", flat=True)
    return list(dict.fromkeys(numbers[: SHOWN * 6]))[:SHOWN]  # a sync's feeds have a run each, and one number


def causes_of(changes: Mapping[int, str]) -> dict[int, str]:
    """Correlation ids of the runs that wrote these transactions. `changes`: the feed of each transaction."""
    if not changes:
        return {}
    runs = _recent(min(changes), max(changes)).values_list("entity", "first_txid", "last_txid", "correlation_id")
    return {
        txid: number
        for entity, first, last, number in runs
        for txid, feed in changes.items()
        if feed == entity and (first or 0) <= txid <= (last or 0)
    }


def _recent(first_txid: int, last_txid: int) -> QuerySet[SyncLog]:
    newest = SyncLog.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return _overlapping(first_txid, last_txid).filter(pk__gt=newest - RECENT).exclude(correlation_id="")


def _overlapping(first_txid: int, last_txid: int) -> QuerySet[SyncLog]:
    return SyncLog.objects.filter(first_txid__lte=last_txid, last_txid__gte=first_txid)
