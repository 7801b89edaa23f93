"""Signs of life, for whoever watches: keys in Redis with the moment of the last one, in seconds since 1970."""

import time

from config.isolation.actor import acting_as
from config.isolation.redis.client import bus_redis, unit_redis
from config.isolation.switches import AWAY

KEY = "switch:scheduler-alive"  # the scheduler's, in its own part of Redis
KEPT_S = 86_400
TIMEOUT_S = 2  # a worker's loop waits no longer


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


def tell_of_worker(command: str) -> None:
    """A worker's, from Celery's own loop: where that hangs, there is no sign."""
    try:
        with bus_redis(socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S) as bus:
            bus.set(worker_key(command), str(time.time()), ex=KEPT_S)
    except AWAY:
        return
