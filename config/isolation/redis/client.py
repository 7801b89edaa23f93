"""Fence 4, at the client: a unit's own login and connections to Redis, and nothing outside its keys is even sent.

The server's users (`acl`) are the law; where a server has none, this is what keeps the units apart.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.client import Pipeline, PubSub
from redis.retry import Retry

from config.isolation.actor import acting_unit
from config.isolation.errors import IsolationViolation
from config.isolation.manifest import BUS_KEYS, BY_NAME, UNITS, Unit
from config.isolation.redis.commands import COMMANDS, Command, parse
from config.isolation.redis.connection import connection_options


def unit_redis(unit: str, **options: Any) -> "UnitRedis":
    """The unit's client. Clients are cheap: all of a process with the same `options` share one pool.

    `options` are redis-py's for a connection, such as `decode_responses` and `socket_timeout`.
    """
    if not (url := settings.REDIS_URLS.get(unit)):
        raise ImproperlyConfigured(
            f"'{unit}' has no address of Redis in this process: set {unit.upper()}_REDIS_URL, or the administrator's REDIS_URL."
        )
    return UnitRedis(unit=unit, connection_pool=_pool(url, unit, tuple(sorted(options.items()))))


@cache
def _pool(url: str, unit: str, options: tuple[tuple[str, Any], ...]) -> redis.ConnectionPool:
    """redis-py's pools notice a fork and start over, so one is enough for a process and its children."""
    return redis.ConnectionPool.from_url(url, **connection_options(url, **dict(options)))


def bus_redis(**options: Any) -> "redis.Redis":
    """A client with Celery's own login, for what lies beside its queues. It tries once. Closing it closes its connections."""
    url = settings.CELERY_BROKER_URL
    pool = redis.ConnectionPool.from_url(url, **connection_options(url, retry=Retry(NoBackoff(), 0), **options))
    return redis.Redis.from_pool(pool)


def check_bus() -> None:
    """Log in at Celery's bus once: Celery itself would take a refused login for a moment without Redis, and wait for ever.

    Raises RedisLoginRefused. Whether the bus answers at all is left to Celery.
    """
    try:
        with bus_redis() as bus:
            bus.ping()
    except redis.AuthenticationError:
        raise
    except (redis.ConnectionError, redis.TimeoutError):
        return


class _Fenced:
    """Mixed into redis-py's classes: each command is looked at before it is sent or queued."""

    unit: Unit

    def execute_command(self, *args: Any, **options: Any) -> Any:
        check(self.unit, args)
        return super().execute_command(*args, **options)  # type: ignore[misc] # of the class it is mixed into


class UnitPipeline(_Fenced, Pipeline):
    def __init__(self, unit: Unit, *args: Any) -> None:
        self.unit = unit
        super().__init__(*args)

    def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        check(self.unit, args)
        return super().immediate_execute_command(*args, **options)  # type: ignore[no-untyped-call] # redis-py's is not typed

    def pipeline_execute_command(self, *args: Any, **options: Any) -> Any:
        check(self.unit, args)
        return super().pipeline_execute_command(*args, **options)


class UnitPubSub(_Fenced, PubSub):
    def __init__(self, unit: Unit, pool: redis.ConnectionPool, **options: Any) -> None:
        self.unit = unit
        super().__init__(pool, **options)


class UnitRedis(_Fenced, redis.Redis):
    """As `redis.Redis`, for one unit. Raises IsolationViolation before anything is sent."""

    def __init__(self, *, unit: str, **options: Any) -> None:
        self.unit = BY_NAME[unit]
        super().__init__(**options)

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> UnitPipeline:
        return UnitPipeline(self.unit, self.connection_pool, self.response_callbacks, transaction, shard_hint)

    def pubsub(self, **options: Any) -> UnitPubSub:
        return UnitPubSub(self.unit, self.connection_pool, **options)

    def client(self) -> "UnitRedis":
        return UnitRedis(unit=self.unit.name, connection_pool=self.connection_pool, single_connection_client=True)

    def monitor(self) -> Any:
        """Does not pass `execute_command`."""
        check(self.unit, ("MONITOR",))


def check(unit: Unit, args: Sequence[Any]) -> None:
    """Raises IsolationViolation for a command that the unit may not send."""
    if not args or not (words := [*_text(args[0]).split(), *map(_text, args[1:])]):
        return
    name, arguments = parse(words)
    if acting_unit() != unit:
        raise IsolationViolation(
            f"'{acting_unit().name}' tried to use the Redis client of '{unit.name}' for {name}. "
            f"Only code that acts as '{unit.name}' uses it; for your own keys: unit_redis('{acting_unit().name}')."
        )
    if (command := COMMANDS.get(name)) is None:
        raise IsolationViolation(
            f"'{unit.name}' ({unit.purpose}) tried {name.replace('|', ' ')}, which is not among the commands a unit may use: it "
            "may reach beyond the unit's keys. The list is in config/isolation/redis/commands.py; remember keys in a set or hash "
            "of your own instead of searching for them."
        )
    try:
        keys = [(key, command.writes) for key in command.keys(arguments)] + [(key, False) for key in command.sources(arguments)]
    except ValueError as error:
        raise IsolationViolation(f"'{unit.name}' tried {name} whose keys cannot be told: {error}.") from error
    for key, writes in keys:
        if not _may(unit, command, key, writes):
            raise IsolationViolation(explain(unit, command, key, writes))


def _may(unit: Unit, command: Command, key: str, writes: bool) -> bool:
    if command.name == "PSUBSCRIBE":  # as the server sees it: a pattern must be one of the unit's, word by word
        return key in unit.redis
    readable = () if writes or command.channels else unit.redis_reads
    return any(fnmatchcase(key, pattern) for pattern in (*unit.redis, *readable))


def explain(unit: Unit, command: Command, key: str, writes: bool) -> str:
    """The sentence a developer needs. Shows no more of a key than the part that tells whose it is."""
    owner = key_owner(key)
    whose = f"belongs to {owner}" if owner else "belongs to nobody in the manifest"
    verb = "use the channel" if command.channels else "write" if writes else "read"
    own = ", ".join(unit.redis) or "none"
    reads = f" It may read {', '.join(unit.redis_reads)}." if unit.redis_reads else ""
    return (
        f"'{unit.name}' ({unit.purpose}) tried to {verb} {_shown(key)} with {command.name} in Redis, which {whose}. "
        f"A unit uses only its own keys: {own}.{reads} Keep what you need under your own prefix; "
        "what another unit should do is a task on its queue."
    )


def key_owner(key: str) -> str | None:
    for unit in UNITS:
        if any(fnmatchcase(key, pattern) for pattern in unit.redis):
            return f"'{unit.name}' ({unit.purpose})"
    return "the bus (Celery's own keys)" if fnmatchcase(key, BUS_KEYS) else None


def _shown(key: str) -> str:
    """Enough to find the place in the code. What a key ends in may be secret: a session's id is a login."""
    parts = key.split(":")
    seen = parts[:1] if parts[0] == "session" else parts[:2]
    return repr(":".join([*seen, "..."] if len(parts) > len(seen) else seen)[:80])


def _text(value: Any) -> str:
    if isinstance(value, memoryview | bytearray):
        value = bytes(value)
    return value.decode(errors="surrogateescape") if isinstance(value, bytes) else str(value)
