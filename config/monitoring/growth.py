"""How fast the database grows, by what each table held on earlier days; and when the disk will be full at that pace."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connections
from django.utils import timezone

from config.isolation.manifest import UNIT_SCHEMAS
from config.monitoring import common
from config.monitoring.book import AWAY, client
from config.monitoring.probes import Check, Node, Reading, State

BACK_DAYS = 7  # the pace is that of the last week, or of as much of it as is known
KEPT = timedelta(days=BACK_DAYS + 1)
SOON_DAYS = 14
DAY_S = 86_400
DISK = "disk"  # beside the tables: bytes that are taken
_PART = re.compile(r"_\d{6}$")  # a month of a log: the log is what grows
_SIZES = """
SELECT n.nspname || '.' || c.relname, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'm')
"""


def checks() -> tuple[Check, ...]:
    node = Node("sizes", "Size of the database", "servers", act="Make room, or let logs be kept for fewer days.")
    return (Check("sizes", (node,), _read, patience_s=20),)


def _read(at: datetime) -> Mapping[str, Reading]:
    now = _sizes()
    try:
        days, then = _remembered(now, at)
    except AWAY:
        days, then = 0.0, {}
    pace = {name: (now[name] - then.get(name, 0)) / days for name in now} if days else {}
    return {"sizes": _reading(now, pace, _free())}


def _sizes() -> dict[str, int]:
    found: Counter[str] = Counter()
    with connections[common.ALIAS].cursor() as cursor:
        cursor.execute(_SIZES, [["public", *UNIT_SCHEMAS]])
        for name, size in cursor.fetchall():
            found[_PART.sub("", name)] += size
    return {**found, DISK: common.disk().used}


def _free() -> int:
    return common.disk().free


def _remembered(now: Mapping[str, int], at: datetime) -> tuple[float, dict[str, int]]:
    """Sizes of a week ago, or of the earliest day since that is known, and how many days ago they were read; 0: none is."""
    redis, today = client(), timezone.localtime(at).date()
    redis.set(f"monitor:sizes:{today}", json.dumps({"at": at.timestamp(), "sizes": now}), nx=True, ex=KEPT)
    for ago in range(BACK_DAYS, 0, -1):
        text: Any = redis.get(f"monitor:sizes:{today - timedelta(days=ago)}")
        earlier = json.loads(text or "{}")
        if "at" in earlier:  # an earlier version kept the sizes alone: they are forgotten within the week
            return (at.timestamp() - earlier["at"]) / DAY_S, earlier["sizes"]
    return 0.0, {}


def _reading(now: Mapping[str, int], pace: Mapping[str, float], free: int) -> Reading:
    schemas = _by_schema(now)
    figures = {f"{schema}_bytes": size for schema, size in schemas.items()}
    figures |= {f"{schema}_bytes_a_day": change for schema, change in _by_schema(pace).items()}
    text = ", ".join(f"{schema} {size / 1e6:,.0f} MB" for schema, size in sorted(schemas.items())) + "."
    tables = {name: change for name, change in pace.items() if name != DISK}
    if not tables:
        return Reading(State.OK, text, figures)
    fastest = max(tables, key=lambda name: tables[name])
    text += f" It grows by {sum(tables.values()) / 1e6:,.1f} MB a day, most of it {fastest} ({tables[fastest] / 1e6:,.1f} MB)."
    left = free / pace[DISK] if pace[DISK] > 0 else float("inf")
    if left < SOON_DAYS:
        figures["full_in_days"] = left
        return Reading(State.WARNING, f"At the pace of the last days the disk is full in {left:.0f} days. {text}", figures)
    return Reading(State.OK, text, figures)


def _by_schema(tables: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for name, number in tables.items():
        if name != DISK:
            found[name.partition(".")[0]] += number
    return found
