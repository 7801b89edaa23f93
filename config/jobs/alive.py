"""The scheduler's sign of life, for whoever watches: a key that it keeps, in its own part of Redis."""

import time

from config.isolation.actor import acting_as
from config.isolation.redis.client import unit_redis
from config.isolation.switches import AWAY

KEY = "switch:scheduler-alive"  # seconds since 1970
KEPT_S = 86_400


def tell() -> None:
    """Keeps still while Redis is away."""
    with acting_as("backoffice"):
        try:
            unit_redis("backoffice").set(KEY, str(time.time()), ex=KEPT_S)
        except AWAY:
            return
