"""The rate budget of a vendor account, shared by all processes through Redis."""

import logging
import time
from collections.abc import Callable

import redis
from pyrate_limiter import GCRA, Duration, InMemoryStateStore, Rate, RedisStateStore, StateStore
from pyrate_limiter.abstracts.algorithm import Decision

log = logging.getLogger(__name__)


class Budget:
    """At most `per_second` calls a second, with a burst small enough that no single second exceeds it by much.

    While Redis is out of reach each process keeps to the budget by itself: the mirror goes on.
    """

    def __init__(self, key: str, per_second: int, client: "redis.Redis | None") -> None:
        self._rates = [Rate(per_second, Duration.SECOND, burst=max(1, per_second // 5))]
        self._algorithm = GCRA()
        self._local: StateStore = InMemoryStateStore()
        self._shared: StateStore | None = RedisStateStore(client, key) if client else None

    def take(self, sleep: Callable[[float], None] = time.sleep) -> float:
        """Wait for the next free slot and take it. Returns the seconds waited."""
        waited = 0.0
        while (pause := self._try()) > 0:
            sleep(pause)
            waited += pause
        return waited

    def _try(self) -> float:
        """0 when a slot was taken, else the seconds until the next one."""
        now = int(time.time() * 1000)
        try:
            decision = (self._shared or self._local).check(self._algorithm, self._rates, now, 1)
        except redis.RedisError as error:
            log.warning("Redis does not answer (%s): this process keeps the rate budget alone.", type(error).__name__)
            self._shared = None
            return self._try()
        assert isinstance(decision, Decision)  # an awaitable one belongs to asynchronous clients
        return 0.0 if decision.allowed else max(decision.retry_after_ms or 1, 1) / 1000
