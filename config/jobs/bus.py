"""The bus, before a process that lives on it is started."""

from django.core.management.base import CommandError

from config.isolation.redis.client import check_bus
from config.isolation.redis.connection import RedisLoginRefused


def need_bus() -> None:
    """A refused login is a sentence now, and not a worker that waits for ever."""
    try:
        check_bus()
    except RedisLoginRefused as error:
        raise CommandError(str(error)) from error
