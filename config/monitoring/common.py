"""Readings that several units need of their own tables: a vendor's answers, and how far a consumer of the event log is."""

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections

from config.isolation.manifest import BY_NAME, CHANGE_LOG
from config.monitoring.probes import Reading, State

ALIAS = BY_NAME["monitor"].alias
LOOKED_AT = 200  # newest calls
RECENT = timedelta(minutes=15)
FEW = 5
FAR_BEHIND = timedelta(minutes=15)
MOST = 10_000

_STANDS = "SELECT txid, id FROM {positions} ORDER BY txid, id LIMIT 1"
_UNREAD = f"""
SELECT count(*), min(changed_at) FROM (
    SELECT changed_at FROM {CHANGE_LOG} WHERE (txid, id) > (%s, %s) ORDER BY txid, id LIMIT {MOST}) unread
"""


def disk() -> "shutil._ntuple_diskusage":
    """Bytes: total, used and free where the hub's folder is, or would be."""
    return shutil.disk_usage(settings.HUB_DATA_DIR if settings.HUB_DATA_DIR.exists() else "/")


def vendor(calls: Any, title: str, settings: Sequence[str], at: datetime) -> Reading:
    """By the unit's newest calls to these of its addresses: nobody calls a vendor only to see whether it is there."""
    rows = list(calls.order_by("-id").values_list("api", "status", "at")[:LOOKED_AT])
    recent = [status for api, status, when in rows if api in settings and when > at - RECENT]
    bad = [status for status in recent if status is None or status >= 500]
    figures = {"calls": float(len(recent)), "failed": float(len(bad))}
    if len(recent) >= FEW and len(bad) * 2 > len(recent):
        return Reading(State.BAD, f"{len(bad)} of the last {len(recent)} calls to {title} had no answer or an error.", figures)
    return Reading(State.OK, f"{len(recent) - len(bad)} of the last {len(recent)} calls were answered.", figures)


def login(calls: Any, settings: Sequence[str], refused: Sequence[int], at: datetime) -> Reading:
    """BAD where the newest call to one of these addresses that got any answer was refused the login."""
    rows = list(calls.order_by("-id").values_list("api", "status", "at")[:LOOKED_AT])
    answered = [status for api, status, when in rows if api in settings and status is not None and when > at - RECENT]
    if answered and answered[0] in refused:
        return Reading(State.BAD, f"It is refused (HTTP {answered[0]}).")
    return Reading(State.OK, "It is accepted." if answered else "It was not used lately.")


def lag(positions: str, at: datetime) -> Reading:
    """How many changes of the mirror a consumer has not read, and how old the oldest is. `positions`: its table."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_STANDS.format(positions=positions))
        stands = cursor.fetchone()
        if stands is None:
            return Reading(State.OK, "It has not begun to read.")
        cursor.execute(_UNREAD, stands)  # with the numbers in it, for the index: a join would read the whole log
        count, oldest = cursor.fetchone()
    age = (at - oldest).total_seconds() if oldest else 0.0
    many = f"{MOST:,}+" if count >= MOST else f"{count:,}"
    text = f"{many} changes are unread, the oldest for {age / 60:.0f} min." if count else "Every change is read."
    figures = {"unread": float(count), "age_seconds": age}
    return Reading(State.BAD if age > FAR_BEHIND.total_seconds() else State.OK, text, figures)
