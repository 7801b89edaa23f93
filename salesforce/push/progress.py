"""How far a run is, for everybody who looks: at `salesforce:sync:progress` in Redis, and to whoever watches the command."""

import json
import logging
import time
from dataclasses import dataclass
from typing import Any

import redis
from django.utils import timezone

from config.isolation.redis.client import UnitRedis
from config.jobs.progress import Progress

log = logging.getLogger(__name__)

KEY = "salesforce:sync:progress"
KEPT_S = 7 * 86_400
TELL_EVERY_S = 0.5


@dataclass
class Shared(Progress):
    """Passes on what it is told, and keeps it in Redis. Redis away only leaves it stale."""

    client: UnitRedis
    inner: Progress
    mode: str

    def __post_init__(self) -> None:
        self._kinds: dict[str, dict[str, int]] = {}
        self._run: int | None = None
        self._told = 0.0
        self._began = timezone.now().isoformat()

    def started(self, run: int) -> None:
        self._run = run
        self._tell("running")

    def finished(self, state: str, error: str) -> None:
        if self._run is not None:
            self._tell(state, error)

    def begin(self, kind: str, total: int, seconds: float | None = None) -> None:
        self._kinds[kind] = {"done": 0, "total": total}
        self.inner.begin(kind, total)
        self._tell("running")

    def step(self, kind: str, count: int = 1) -> None:
        self._kinds[kind]["done"] += count
        self.inner.step(kind, count)
        if time.monotonic() - self._told > TELL_EVERY_S:
            self._tell("running")

    def wait(self, seconds: float, why: str) -> None:
        self.inner.wait(seconds, why)

    def end(self, kind: str) -> None:
        self.inner.end(kind)

    def _tell(self, state: str, error: str = "") -> None:
        self._told = time.monotonic()
        told = {"run": self._run, "mode": str(self.mode), "state": str(state), "error": error, "kinds": self._kinds,
                "started_at": self._began, "updated_at": timezone.now().isoformat()}  # fmt: skip
        try:
            self.client.set(KEY, json.dumps(told), ex=KEPT_S)
        except redis.RedisError as error_of_redis:
            log.warning("How far the run is cannot be told to Redis: %s", type(error_of_redis).__name__)


def last(client: UnitRedis) -> dict[str, Any] | None:
    """As the running, or the last, run told it; None where none did in a week."""
    found = client.get(KEY)
    if not isinstance(found, str):
        return None
    told: dict[str, Any] = json.loads(found)
    return told
