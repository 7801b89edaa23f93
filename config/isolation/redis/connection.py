"""How the hub connects to Redis: never without a timeout, its own server started first, a refused login explained."""

from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings

from config.embedded import ensure

TIMEOUT_S = 5.0


class RedisLoginRefused(redis.AuthenticationError):
    """The server does not know the login, or not its password. The message says what to do."""


class _Hub:
    """Mixed into redis-py's connections."""

    host: str
    port: int
    username: str | None

    def connect_check_health(self, *args: Any, **kwargs: Any) -> None:
        """Connect; where the hub runs its own servers, start them when they do not answer."""
        try:
            self._connect_once(*args, **kwargs)
        except RedisLoginRefused:
            raise
        except redis.ConnectionError:
            if not settings.EMBEDDED:
                raise
            ensure(settings.HUB_DATA_DIR)
            self._connect_once(*args, **kwargs)

    def _connect_once(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().connect_check_health(*args, **kwargs)  # type: ignore[misc] # of the class it is mixed into
        except redis.AuthenticationError as error:
            raise RedisLoginRefused(refusal(self.username, f"{self.host}:{self.port}", error)) from error


class HubConnection(_Hub, redis.Connection):
    pass


class HubSSLConnection(_Hub, redis.SSLConnection):
    pass


def refusal(user: str | None, place: str, error: Exception) -> str:
    why = str(error).rstrip(".")
    return (
        f"Redis at {place} refuses the login '{user or 'default'}' ({why}). If the hub makes the logins there, run "
        "`manage.py isolation apply`, with the same HUB_SECRET_KEY as this process (again after a restart of a server "
        "that keeps no ACL file). If it cannot make any there, set HUB_REDIS_ACL=false."
    )


def connection_options(url: str, **more: Any) -> dict[str, Any]:
    """What every pool of the hub is made with. Timeouts can be changed, not left out."""
    secure = urlsplit(url).scheme == "rediss"
    options = {
        "connection_class": HubSSLConnection if secure else HubConnection,
        "socket_timeout": TIMEOUT_S,
        "socket_connect_timeout": TIMEOUT_S,
        **more,
    }
    if not options["socket_timeout"] or not options["socket_connect_timeout"]:
        raise ValueError("A connection to Redis without a timeout can hang for ever: give socket_timeout in seconds.")
    return options
