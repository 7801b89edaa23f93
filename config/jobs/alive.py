"""Signs of life, for whoever watches: keys in Redis with the moment of the last one, in seconds since 1970."""

import time

import redis

from config.isolation.actor import acting_as
from config.isolation.redis.client import unit_redis
from config.isolation.switches import AWAY

KEY = "switch:scheduler-alive"  # the scheduler's, in its own part of Redis
KEPT_S = 86_400


def tell() -> None:
    """The scheduler's. Keeps still while Redis is away."""
    with acting_as("backoffice"):
        try:
            unit_redis("backoffice").set(KEY, str(time.time()), ex=KEPT_S)
        except AWAY:
            return


def worker_key(command: str) -> str:
    """Beside the queues: a worker may have several units, and Celery's login is what they share."""
    return f"celery:alive:{command}"


def tell_of_worker(command: str, bus: "redis.Redis") -> None:
    """A worker's, from Celery's own loop: where that hangs, there is no sign."""
    try:
        bus.set(worker_key(command), str(time.time()), ex=KEPT_S)
    except AWAY:
        return
