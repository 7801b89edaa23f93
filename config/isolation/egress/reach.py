"""Whether Redis is worth asking: after an error it is left alone for a moment, and then asked again."""

import logging
import time

import redis

log = logging.getLogger(__name__)

AGAIN_S = 2.0


class Reach:
    """`what` is kept in Redis; `meanwhile` says what happens without it. One of both for each log line."""

    def __init__(self, what: str, meanwhile: str) -> None:
        self._what, self._meanwhile = what, meanwhile
        self._again = 0.0
        self._lost = False

    def worth_asking(self) -> bool:
        if self._again > (now := time.monotonic()):
            return False
        if self._lost:
            self._again = now + AGAIN_S  # one thread asks, the others go on without until it has an answer
        return True

    def lost(self, error: redis.RedisError) -> None:
        if not self._lost:
            log.warning("Redis does not answer (%s), so %s is not shared: %s", type(error).__name__, self._what, self._meanwhile)
        self._lost = True
        self._again = time.monotonic() + AGAIN_S

    def found(self) -> None:
        if self._lost:
            log.warning("Redis answers again: %s is shared.", self._what)
            self._lost, self._again = False, 0.0
