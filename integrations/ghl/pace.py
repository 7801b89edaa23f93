"""GoHighLevel's limits: 100 calls in 10 seconds and a number a day, for all processes and programs with the same token.

Source: docs/oauth/Authorization.md of the vendor; the headers X-RateLimit-*.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import redis
import requests
from django.conf import settings

from config.isolation.egress.failures import TryAgain, told_pause
from config.isolation.egress.pace import Allowed, Budget
from config.isolation.redis.client import UnitRedis
from integrations.ghl.errors import DayUsedUp

WINDOW_S = 10.0
SPARE = 2  # calls of a window left unused: a call that travels longer than the one before it arrives in the next window
BURST = 2  # at once after a pause; more would have to be taken from the steady pace
LOW = 1  # calls left in the window, where ours alone would leave SPARE: another program uses the same token
STEP_ASIDE_S = 1.0


class Pace(Budget):
    """The budget, and the pauses that GoHighLevel asks for, kept in Redis for all processes."""

    def __init__(self, client: UnitRedis, location: str) -> None:
        calls, daily = settings.GHL_CALLS_PER_10_S, settings.GHL_DAILY_CALLS
        steady = Allowed(max(1, calls - SPARE), WINDOW_S, burst=min(BURST, max(1, calls - SPARE - 1)))
        day = Allowed(daily, 86_400, burst=max(1, daily * 9 // 10))
        super().__init__(f"ghl:budget:{location}", [steady, day], client, when_away="wait")
        self._client = client
        self._pause, self._day = f"ghl:pause:{location}", f"ghl:day:{location}"

    def take(self, sleep: Callable[[float], None] = time.sleep) -> float:
        """Raises DayUsedUp."""
        waited = 0.0
        while (left := self._paused_for()) > 0:
            sleep(min(left, STEP_ASIDE_S))
            waited += min(left, STEP_ASIDE_S)
        return waited + super().take(sleep)

    def _paused_for(self) -> float:
        try:
            day, pause = self._client.mget([self._day, self._pause])
        except redis.RedisError:
            return 0.0  # the budget itself waits for Redis
        if day is not None:
            raise DayUsedUp(f"GoHighLevel's calls of this day are used up; it goes on at {_midnight():%H:%M} UTC.")
        return float(pause) - time.time() if pause is not None else 0.0

    def heed(self, response: requests.Response) -> None:
        """What the answer's headers say. Raises DayUsedUp, or TryAgain for a call that was turned away."""
        limited = response.status_code == 429
        if limited and response.headers.get("X-RateLimit-Daily-Remaining") == "0":
            self._close_day()
        if limited:
            pause = told_pause(response) or _interval(response)
            self._step_aside(pause)
            raise TryAgain("limit", "rate limit", pause, unknown=False)
        left, most = _number(response, "X-RateLimit-Remaining"), _number(response, "X-RateLimit-Max")
        if left is not None and left <= LOW and most:  # no limit is written as 0 of 0
            self._step_aside(STEP_ASIDE_S)

    def _step_aside(self, seconds: float) -> None:
        self._client.set(self._pause, str(time.time() + seconds), px=max(1, int(seconds * 1000)))

    def _close_day(self) -> None:
        seconds = int((_midnight() - datetime.now(UTC)).total_seconds()) + 1
        self._client.set(self._day, "used up", ex=seconds)
        self._paused_for()


def _midnight() -> datetime:
    """When the day's calls begin anew: nobody documents it; UTC is assumed."""
    return (datetime.now(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def _interval(response: requests.Response) -> float:
    milliseconds = _number(response, "X-RateLimit-Interval-Milliseconds")
    return milliseconds / 1000 if milliseconds else WINDOW_S


def _number(response: requests.Response, header: str) -> int | None:
    value = response.headers.get(header, "")
    return int(value) if value.isdigit() else None
