"""What the agent remembers, at `monitor:*` in Redis. While Redis is away it is kept in memory; lost, a word is said twice.

monitor:book        incidents, standings, words not sent yet, uptime: JSON
monitor:now         the last pass, for the Health page and /metrics: JSON, gone when the agent has been silent for long
monitor:past        closed incidents, newest first
monitor:pause       a maintenance window that somebody opened: {"until": seconds, "why": text}
monitor:agent       who watches: a second agent stands by
monitor:sizes:DAY   what each table held on a day
monitor:testing:ID  a test alert that an agent has taken; monitor:tested: what came of the last one
"""

import json
import logging
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.isolation.redis.client import UnitRedis, unit_redis
from config.monitoring import incidents
from config.monitoring.incidents import Incident, Memory, Word

log = logging.getLogger(__name__)

AWAY = (redis.RedisError, OSError)
OPTIONS: dict[str, Any] = {
    "decode_responses": True, "socket_timeout": 2, "socket_connect_timeout": 2, "retry": Retry(NoBackoff(), 0),
}  # fmt: skip
PAUSE_S = 5  # after a call without an answer nobody else waits for one
MOST_PAST = 500
SILENT_S = 600  # after which the last pass is no longer shown as what is
DAYS = 90


class _Away:
    until = 0.0


def client(unit: str = "monitor") -> UnitRedis:
    """Raises a redis.ConnectionError at once where Redis did not answer a moment ago: a pass has no time for ten of these."""
    if time.monotonic() < _Away.until:
        raise redis.ConnectionError("it did not answer a moment ago")
    return unit_redis(unit, **OPTIONS)


def note_away() -> None:
    """A call had no answer. One that was not even made is no news, or nobody would ever ask again."""
    now = time.monotonic()
    if now >= _Away.until:
        _Away.until = now + PAUSE_S


@dataclass
class Pending:
    """A word that some channels have not taken yet. `tries` made, the next one not before `next_try` (seconds since 1970)."""

    word: dict[str, Any]
    channels: list[str]
    tries: int = 0
    next_try: float = 0.0


@dataclass
class Book:
    memory: Memory = field(default_factory=Memory)
    pending: list[Pending] = field(default_factory=list)
    uptime: dict[str, dict[str, list[float]]] = field(default_factory=dict)  # unit, day: seconds well, seconds unwell
    seen: float = 0.0  # the last pass

    def count(self, unit: str, day: str, seconds: float, *, well: bool) -> None:
        of_unit = self.uptime.setdefault(unit, {})
        part = of_unit.setdefault(day, [0.0, 0.0])
        part[0 if well else 1] += seconds
        for old in sorted(of_unit)[:-DAYS]:
            del of_unit[old]


def load() -> Book:
    """An empty one where there is none, where it cannot be read, or where Redis is away."""
    try:
        found = client().get("monitor:book")
        values = json.loads(found) if isinstance(found, str) else None
        return _book(values) if values else Book()
    except AWAY as error:
        log.warning("What was remembered cannot be read, because Redis does not answer (%s).", type(error).__name__)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        log.warning("What was remembered cannot be understood, and is begun anew: %s", error)
    return Book()


def _book(values: dict[str, Any]) -> Book:
    pending = [Pending(**one) for one in values["pending"]]
    return Book(incidents.from_values(values["memory"]), pending, values["uptime"], values["seen"])


def save(book: Book, now: dict[str, Any], closed: list[Incident]) -> bool:
    """False while Redis is away."""
    values = {
        "memory": incidents.as_values(book.memory), "pending": [asdict(one) for one in book.pending], "uptime": book.uptime,
        "seen": book.seen,
    }  # fmt: skip
    try:
        with client().pipeline(transaction=True) as pipe:
            pipe.set("monitor:book", json.dumps(values))
            pipe.set("monitor:now", json.dumps(now), ex=SILENT_S)
            for incident in closed:
                pipe.lpush("monitor:past", json.dumps(vars(incident)))
            pipe.ltrim("monitor:past", 0, MOST_PAST - 1)
            pipe.execute()
    except AWAY:
        return False
    return True


def pause() -> dict[str, Any]:
    """The maintenance window that somebody opened, or {}."""
    try:
        found = client().get("monitor:pause")
    except AWAY:
        return {}
    return json.loads(found) if isinstance(found, str) else {}


def set_pause(until: float, why: str, seconds: int) -> None:
    """Raises what Redis raises."""
    client().set("monitor:pause", json.dumps({"until": until, "why": why}), ex=max(1, seconds))


def end_pause() -> None:
    client().delete("monitor:pause")


def watches(agent: str, seconds: int) -> bool:
    """Whether this agent is the one that watches. While Redis is away each one does: a word too many is better than none."""
    try:
        redis_ = client()
        if redis_.set("monitor:agent", agent, nx=True, ex=seconds):
            return True
        mine = redis_.get("monitor:agent") == agent
        if mine:
            redis_.expire("monitor:agent", seconds)
        return mine
    except AWAY:
        note_away()
        return True


def word_values(word: Word) -> dict[str, Any]:
    return {"kind": word.kind, "text": word.text, "incident": vars(word.incident)}
