"""Two runs of one thing never overlap: a lease row with a heartbeat and a fencing number.

Advisory locks would be simpler, and break behind a connection pooler. The fence makes the lease safe even where the
heartbeat was late: each lease has a higher number, and what a run writes commits only under the newest.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from django.db import DatabaseError, connections

log = logging.getLogger(__name__)

TTL_S = 20
BEAT_S = 5


class Busy(Exception):
    """Another run holds it."""


class LeaseLost(Exception):
    """Another run has taken over: this one was too long without a sign of life."""


@dataclass(frozen=True)
class LeaseTable:
    """A table with the columns fence, holder and lease_until, and `key`, which says what the lease is for.

    `table` is qualified; `alias` the connection of the unit that owns it.
    """

    table: str
    key: str
    alias: str

    def take(self, what: str, holder: str, wait_s: float, sleep: Callable[[float], None] = time.sleep) -> int:
        """The fence of the new lease, waiting up to `wait_s` seconds for a run that holds it. Raises Busy.

        A run that died without giving its lease back is recognised at once on the same machine, and after TTL_S elsewhere.
        """
        deadline = time.monotonic() + wait_s
        with connections[self.alias].cursor() as cursor:
            cursor.execute(f"INSERT INTO {self.table} ({self.key}, fence) VALUES (%s, 0) ON CONFLICT DO NOTHING", [what])
            while True:
                cursor.execute(f"SELECT holder FROM {self.table} WHERE {self.key} = %s", [what])
                current = cursor.fetchone()[0]
                dead = current if current and _is_dead(current) else None
                cursor.execute(
                    f"UPDATE {self.table} SET fence = fence + 1, holder = %(me)s, "
                    "lease_until = now() + make_interval(secs => %(ttl)s) "
                    f"WHERE {self.key} = %(what)s AND (lease_until IS NULL OR lease_until < now() OR holder = %(dead)s) "
                    "RETURNING fence",
                    {"me": holder, "ttl": TTL_S, "what": what, "dead": dead},
                )
                if row := cursor.fetchone():
                    return int(row[0])
                if time.monotonic() >= deadline:
                    raise Busy(f"{what} is being worked on by {current}.")
                sleep(0.5)

    def release(self, what: str, fence: int) -> None:
        with connections[self.alias].cursor() as cursor:
            cursor.execute(
                f"UPDATE {self.table} SET holder = NULL, lease_until = NULL WHERE {self.key} = %s AND fence = %s",
                [what, fence],
            )

    def prolong(self, holder: str) -> None:
        with connections[self.alias].cursor() as cursor:
            cursor.execute(
                f"UPDATE {self.table} SET lease_until = now() + make_interval(secs => %s) WHERE holder = %s", [TTL_S, holder]
            )

    def heartbeat(self, holder: str) -> "Heartbeat":
        return Heartbeat(self, holder)


class Heartbeat:
    """Prolongs all leases of one holder while the `with` block runs."""

    def __init__(self, table: LeaseTable, holder: str) -> None:
        self._table, self._holder = table, holder
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
                self._table.prolong(self._holder)
            except DatabaseError as error:  # the next beat may get through; the fence guards if none does
                log.warning("Lease heartbeat failed: %s", type(error).__name__)
                connections[self._table.alias].close()
        connections[self._table.alias].close()


def new_holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


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
