"""The rate budget of a vendor account, shared by all processes through Redis."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import redis
from pyrate_limiter import GCRA, InMemoryStateStore, Rate, RedisStateStore, StateStore
from pyrate_limiter.abstracts.algorithm import Decision

from config.isolation.egress.reach import Reach

LOOK_FOR_REDIS_S = 0.5


@dataclass(frozen=True)
class Allowed:
    """At most `calls` in any stretch of `seconds`, of which `burst` may come at once (usually a fifth).

    GCRA lets the burst through and then the refill on top of it, up to twice the limit in one stretch, so the refill
    is what the burst leaves. For a daily quota a larger burst lets the day's work be done early in the day.
    """

    calls: int
    seconds: float
    burst: int | None = None

    def rate(self) -> Rate:
        burst = max(1, self.calls // 5) if self.burst is None else self.burst
        return Rate(max(1, self.calls - burst), int(self.seconds * 1000), burst=burst)


class Budget:
    """Calls that may still be made, by all rates of the account at once.

    While Redis is out of reach: "alone": each process keeps to the budget by itself, so the mirror goes on;
    "wait": nobody calls until Redis is back, for writes.
    """

    def __init__(
        self,
        key: str,
        rates: Sequence[Allowed],
        client: "redis.Redis | None",
        when_away: Literal["alone", "wait"] = "alone",
    ) -> None:
        if client is None and when_away == "wait":
            raise ValueError(f"The budget {key} shall wait for Redis, and has none: pass a client.")
        self._rates = [rate.rate() for rate in rates]
        self._algorithm = GCRA()
        self._local: StateStore = InMemoryStateStore()
        self._shared: StateStore | None = RedisStateStore(client, key) if client else None
        self._alone = when_away == "alone"
        meanwhile = "this process keeps to it alone." if self._alone else "calls wait until it answers."
        self._reach = Reach(f"the rate budget {key}", meanwhile)

    def take(self, sleep: Callable[[float], None] = time.sleep) -> float:
        """Wait for the next free slot and take it. Returns the seconds waited."""
        waited = 0.0
        while (pause := self._try()) > 0:
            sleep(pause)
            waited += pause
        return waited

    def _try(self) -> float:
        """0 when a slot was taken, else the seconds until the next one."""
        if self._shared is not None and self._reach.worth_asking():
            try:
                pause = self._ask(self._shared)
            except redis.RedisError as error:
                self._reach.lost(error)
            else:
                self._reach.found()
                return pause
        return self._ask(self._local) if self._alone else LOOK_FOR_REDIS_S

    def _ask(self, store: StateStore) -> float:
        decision = store.check(self._algorithm, self._rates, int(time.time() * 1000), 1)
        assert isinstance(decision, Decision)  # an awaitable one belongs to asynchronous clients
        return 0.0 if decision.allowed else max(decision.retry_after_ms or 1, 1) / 1000
