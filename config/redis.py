"""Connections to Redis."""

import redis
from django.conf import settings

from config.embedded import ensure


class HubConnection(redis.Connection):
    """Connects; where the hub runs its own servers, starts them when they do not answer."""

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[no-untyped-call] # redis-py's is not typed
        except redis.ConnectionError:
            if not settings.EMBEDDED:
                raise
            ensure(settings.HUB_DATA_DIR)
            super().connect()  # type: ignore[no-untyped-call]


def session_key(key: str, key_prefix: str, version: int) -> str:
    """The people's sessions lie at exactly `session:<id>`: no version, no prefix of Django's."""
    return f"session:{key.removeprefix('django.contrib.sessions.cache')}"
