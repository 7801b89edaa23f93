"""Which runs of the sync wrote the changes that a consumer has read: how a record at a vendor leads back to its cause."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from servicetitan.models.sync import SyncLog

LOOKED_AT = timedelta(days=1)  # before the consumer's run: a consumer that was further behind read more than is listed
SHOWN = 12


def runs_behind(first_txid: int | None, last_txid: int | None, at: datetime) -> Sequence[SyncLog]:
    """The newest runs whose transactions overlap with those that were read `at` a moment. None known: nothing."""
    if first_txid is None or last_txid is None:
        return []
    runs = SyncLog.objects.filter(first_txid__lte=last_txid, last_txid__gte=first_txid)
    return list(runs.filter(started_at__gte=at - LOOKED_AT, started_at__lte=at + LOOKED_AT).order_by("-id")[:SHOWN])
