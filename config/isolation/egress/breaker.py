"""A vendor that is down is left alone: after many failures in a row nobody calls, but for one who looks whether it is back.

The state of one unit's API is shared by all processes through Redis, at `<unit>:breaker:<setting>`. Only failures
write it, and good calls read it once a second. While Redis is out of reach each process keeps a state of its own.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
import redis
from django.utils import timezone

from config.isolation.egress.reach import Reach

LOOK_EVERY_S = 1.0
PROBE_S = 15.0  # a probe that has not come back for so long is no longer waited for
FORGET_S = 3600


@dataclass(frozen=True)
class Rules:
    """`failures` in a row open it: more than the threads of one process can collect from one short interruption."""

    failures: int = 20
    pause_s: float = 1.0  # doubled after each probe that fails
    longest_pause_s: float = 60.0


class Open(Exception):
    """No call may leave: `seconds` until somebody may look, `since` when, and the first failure's words."""

    def __init__(self, seconds: float, since: float, why: str) -> None:
        super().__init__(why)
        self.seconds, self.why = seconds, why
        self.since: datetime = datetime.fromtimestamp(since, timezone.get_current_timezone())
        self.lasting = time.time() - since


class Health(msgspec.Struct, frozen=True):
    """The shared state. `since` is 0 while calls leave."""

    failures: int = 0
    since: float = 0.0
    until: float = 0.0
    pause: float = 0.0
    why: str = ""


WELL = Health()
Change = Callable[[Health], Health]


class Breaker:
    """For the calls to one API of one unit, by all threads of a process."""

    def __init__(self, unit: str, setting: str, client: "redis.Redis | None", rules: Rules = Rules()) -> None:
        self._key = f"{unit}:breaker:{setting}"
        self._client = client
        self._rules = rules
        self._seen = WELL
        self._look_at = 0.0
        self._lock = threading.Lock()
        self._reach = Reach(f"the circuit breaker {self._key}", "each process keeps its own.")

    def admit(self) -> bool:
        """May a call leave? Raises Open where not. True: it is the probe, whose failure makes the pause longer."""
        self._look()
        if not self._seen.since:
            return False
        probes: list[bool] = []

        def ask(health: Health) -> Health:
            now = time.time()
            probes.append(bool(health.since) and now >= health.until)
            return msgspec.structs.replace(health, until=now + max(health.pause, PROBE_S)) if probes[-1] else health

        health = self._change(ask)
        if health.since and not probes[-1]:
            raise Open(max(0.0, health.until - time.time()), health.since, health.why)
        return probes[-1]

    def failed(self, why: str, probe: bool) -> None:
        """A call had no answer, or one that says the vendor is in trouble."""
        self._change(lambda health: self._worse(health, why, probe))

    def succeeded(self) -> None:
        """The vendor answers. Costs nothing while all is well."""
        if self._seen != WELL:
            self._change(lambda health: WELL)

    def _worse(self, health: Health, why: str, probe: bool) -> Health:
        now, rules = time.time(), self._rules
        if health.since and not probe:  # it left before the others failed
            return health
        if health.since:
            pause = min(rules.longest_pause_s, health.pause * 2)
            return Health(health.failures + 1, health.since, now + pause, pause, why)
        if health.failures + 1 < rules.failures:
            return Health(health.failures + 1)
        return Health(health.failures + 1, now, now + rules.pause_s, rules.pause_s, why)

    def _look(self) -> None:
        now = time.monotonic()
        if self._client is None or now < self._look_at or not self._reach.worth_asking():
            return
        self._look_at = now + LOOK_EVERY_S
        try:
            self._seen = _read(self._client.get(self._key))
        except redis.RedisError as error:
            self._reach.lost(error)
        else:
            self._reach.found()

    def _change(self, change: Change) -> Health:
        with self._lock:
            if self._client is not None and self._reach.worth_asking():
                try:
                    self._seen = self._change_shared(self._client, change)
                except redis.RedisError as error:
                    self._reach.lost(error)
                else:
                    self._reach.found()
                    return self._seen
            self._seen = change(self._seen)
            return self._seen

    def _change_shared(self, client: "redis.Redis", change: Change) -> Health:
        """Read, change and write in one step, as far as other processes can see."""
        with client.pipeline() as pipe:
            while True:
                pipe.watch(self._key)
                before = _read(pipe.get(self._key))
                after = change(before)
                if after == before:
                    return after
                pipe.multi()
                if after == WELL:
                    pipe.delete(self._key)
                else:
                    pipe.set(self._key, msgspec.json.encode(after), ex=FORGET_S)
                try:
                    pipe.execute()
                except redis.WatchError:
                    continue
                return after


def _read(stored: object) -> Health:
    if not isinstance(stored, bytes | str):
        return WELL
    try:
        return msgspec.json.decode(stored, type=Health)
    except msgspec.DecodeError:  # of another version, or not ours
        return WELL
