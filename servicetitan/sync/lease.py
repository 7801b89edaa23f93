"""The right to work on one feed, and where the feed stood when it was taken. See `config.jobs.lease`."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connections

from config.jobs.lease import LeaseTable
from servicetitan.load import ALIAS

CURSORS = LeaseTable("servicetitan.st_sync_cursors", "entity", ALIAS)
_STANDS = "SELECT continue_from, caught_up_at, full_since FROM servicetitan.st_sync_cursors WHERE entity = %s AND fence = %s"


@dataclass(frozen=True)
class Lease:
    entity: str
    holder: str
    fence: int
    continue_from: str | None
    caught_up_at: datetime | None
    full_since: datetime | None


def take(entity: str, holder: str, wait_s: float, sleep: Callable[[float], None] = time.sleep) -> Lease:
    """Raises Busy while another run holds the feed. A lease lost again at once shows at the first page."""
    fence = CURSORS.take(entity, holder, wait_s, sleep)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_STANDS, [entity, fence])
        return Lease(entity, holder, fence, *(cursor.fetchone() or (None, None, None)))


def release(lease: Lease) -> None:
    CURSORS.release(lease.entity, lease.fence)
