"""Two runs of one feed never overlap: a lease row with a heartbeat and a fencing number.

Advisory locks would be simpler, and break behind a connection pooler. The fence makes the lease safe even where the
heartbeat was late: each lease has a higher number, and a page commits only under the newest (`feed.py`).
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

from django.db import DatabaseError, connections

from servicetitan.load import ALIAS

log = logging.getLogger(__name__)

TTL_S = 20
BEAT_S = 5

_TAKE = """
UPDATE servicetitan.st_sync_cursors
SET fence = fence + 1, holder = %(me)s, lease_until = now() + make_interval(secs => %(ttl)s)
WHERE entity = %(entity)s AND (lease_until IS NULL OR lease_until < now() OR holder = %(dead)s)
RETURNING fence, continue_from, caught_up_at, full_since
"""


class Busy(Exception):
    """Another run holds the feed."""


class LeaseLost(Exception):
    """Another run has taken the feed over: this one was too long without a sign of life."""


@dataclass(frozen=True)
class Lease:
    """The right to work on one feed, and where the feed stood when it was taken."""

    entity: str
    holder: str
    fence: int
    continue_from: str | None
    caught_up_at: datetime | None
    full_since: datetime | None


def new_holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def take(entity: str, holder: str, wait_s: float, sleep: Callable[[float], None] = time.sleep) -> Lease:
    """The lease of a feed, waiting up to `wait_s` for a run that holds it. Raises Busy.

    A run that died without giving its lease back is recognised at once on the same machine, and after TTL_S elsewhere.
    """
    deadline = time.monotonic() + wait_s
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "INSERT INTO servicetitan.st_sync_cursors (entity, fence) VALUES (%s, 0) ON CONFLICT DO NOTHING", [entity]
        )
        while True:
            cursor.execute("SELECT holder FROM servicetitan.st_sync_cursors WHERE entity = %s", [entity])
            current = cursor.fetchone()[0]
            dead = current if current and _is_dead(current) else None
            cursor.execute(_TAKE, {"me": holder, "ttl": TTL_S, "entity": entity, "dead": dead})
            if row := cursor.fetchone():
                return Lease(entity, holder, *row)
            if time.monotonic() >= deadline:
                raise Busy(f"{entity} is being synced by {current}.")
            sleep(0.5)


def release(lease: Lease) -> None:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "UPDATE servicetitan.st_sync_cursors SET holder = NULL, lease_until = NULL WHERE entity = %s AND fence = %s",
            [lease.entity, lease.fence],
        )


class Heartbeat:
    """Prolongs all leases of one holder while the `with` block runs."""

    def __init__(self, holder: str) -> None:
        self._holder = holder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_S):
            try:
                with connections[ALIAS].cursor() as cursor:
                    cursor.execute(
                        "UPDATE servicetitan.st_sync_cursors SET lease_until = now() + make_interval(secs => %s) "
                        "WHERE holder = %s",
                        [TTL_S, self._holder],
                    )
            except DatabaseError as error:  # the next beat may get through; the fence guards if none does
                log.warning("Lease heartbeat failed: %s", type(error).__name__)
                connections[ALIAS].close()
        connections[ALIAS].close()


def _is_dead(holder: str) -> bool:
    """Whether the holder was a process of this machine that is gone. A pid used again only costs the time to live."""
    host, _, rest = holder.partition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(rest.partition(":")[0]), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, ValueError):
        return False
    return False
