"""The org's calls in 24 hours, which all its integrations share: what Salesforce says of them, and where we stop.

Source: REST API Developer Guide, "Limit Info Header".
"""

import threading

import redis
import requests
from django.conf import settings

from config.isolation.redis.client import UnitRedis
from salesforce.answers import usage_of
from salesforce.errors import QuotaUsed

KEY = "salesforce:quota:pause"
PAUSE_S = 900  # calls free themselves one by one: it is worth another look before the day is over


class Quota:
    """For all threads of a run; the pause is for all processes."""

    def __init__(self, client: UnitRedis) -> None:
        self._client = client
        self._lock = threading.Lock()
        self.used: int | None = None
        self.most: int | None = None

    def check(self) -> None:
        """Before a call. Raises QuotaUsed."""
        try:
            paused = self._client.get(KEY)
        except redis.RedisError:
            return  # the rate budget waits for Redis
        if paused is not None:
            raise QuotaUsed(str(paused))

    def heed(self, response: requests.Response) -> None:
        """What the answer's header says. The call itself is done; from the next one on there is a pause where it is too much."""
        usage = usage_of(response)
        if usage is None:
            return
        with self._lock:
            self.used, self.most = usage
        if self.most and self.used * 100 >= self.most * settings.SALESFORCE_QUOTA_PERCENT:
            self.pause(
                f"{self.used:,} of the org's {self.most:,} calls in 24 hours are used, by all its integrations together. "
                f"The hub stops at {settings.SALESFORCE_QUOTA_PERCENT} % (SALESFORCE_QUOTA_PERCENT) and goes on by itself."
            )

    def pause(self, why: str) -> None:
        self._client.set(KEY, why, ex=PAUSE_S)
