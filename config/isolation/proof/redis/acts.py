"""Fence 4, tried: as each unit's real login at the Redis server, and through the client that the units use."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import redis
from django.conf import settings

from config.isolation.actor import acting_as
from config.isolation.errors import IsolationViolation
from config.isolation.manifest import BUS_KEYS, UNITS, Unit
from config.isolation.proof.acts import Act, Result
from config.isolation.proof.redis.logins import login_results
from config.isolation.proof.redis.steps import HIDDEN, OWN, READS, SERVER_WIDE, WRITES, Step
from config.isolation.redis.client import UnitRedis, unit_redis
from config.isolation.redis.connection import connection_options
from config.isolation.redis.server import Server

NOBODYS = "keys without a prefix"
THE_SERVER = "the server"
CLIENT_ALONE = "through the client alone: HUB_REDIS_ACL is false, so the server tells no units apart"


@dataclass(frozen=True)
class Way:
    """How a unit reaches Redis: with its bare login, or through the client that units use. `server`: to ask first."""

    unit: Unit
    client: redis.Redis
    words: str
    server: Server | None


def results(admin: redis.Redis) -> Iterator[Result]:
    """Every act of every unit. `admin`: the administrator's client (`acl.administrator()`). Leaves nothing behind."""
    word = secrets.token_hex(6)
    keys = {place: _probe_key(place, word) for place in _places()}
    try:
        for unit in UNITS:
            for way in _ways(unit, Server(admin)):
                with way.client:
                    yield from _through(way, admin, keys)
            if settings.HUB_REDIS_ACL:
                yield from login_results(unit)
    finally:
        admin.delete(*(f"{key}{end}" for key in keys.values() for end in ("", ":new")))


def _places() -> list[str]:
    """Whose keys there are: each pattern of the manifest, the bus's, and those that nobody has."""
    return [*(pattern for unit in UNITS for pattern in unit.redis), BUS_KEYS, NOBODYS]


def _probe_key(place: str, word: str) -> str:
    prefix = "" if place == NOBODYS else place.removesuffix("*")
    return f"{prefix}isolation-probe:{word}"


def _ways(unit: Unit, server: Server) -> Iterator[Way]:
    client = unit_redis(unit.name, decode_responses=True)
    if not settings.HUB_REDIS_ACL:
        yield Way(unit, client, CLIENT_ALONE, None)
        return
    url = settings.REDIS_URLS[unit.name]
    pool = redis.ConnectionPool.from_url(url, **connection_options(url, decode_responses=True))
    yield Way(unit, redis.Redis.from_pool(pool), "with its login", server)
    yield Way(unit, client, "through its client", None)


def _through(way: Way, admin: redis.Redis, keys: dict[str, str]) -> Iterator[Result]:
    own = keys[way.unit.redis[0]]
    for place, key in keys.items():
        for name in (key, own):
            admin.set(name, "as it was")
        if place in way.unit.redis:
            yield from (_tried(way, place, step, step.command(key, own), may=True) for step in OWN)
            continue
        readable = place in way.unit.redis_reads
        yield from (_tried(way, place, step, step.command(key, own), may=readable) for step in READS)
        forbidden = WRITES if isinstance(way.client, UnitRedis) else (*WRITES, *HIDDEN)
        yield from (_tried(way, place, step, step.command(key, own), may=False) for step in forbidden)
    for step in SERVER_WIDE:
        yield _asked_then_tried(way, step, step.command("", own))


def _tried(way: Way, place: str, step: Step, command: tuple[str, ...], *, may: bool) -> Result:
    act = Act(way.unit.name, "redis", place, f"{step.what}, {way.words}", may)
    try:
        with acting_as(way.unit.name):
            _run(way.client, step.how, command)
    except (IsolationViolation, redis.AuthenticationError) as error:
        return Result(act, False, str(error))
    except redis.ResponseError as error:  # one that speaks of something else came behind the fence
        return Result(act, not may and not _is_refusal(error), str(error))
    return Result(act, True)


def _asked_then_tried(way: Way, step: Step, command: tuple[str, ...]) -> Result:
    """What could do harm, with a login that the server says would be let do it, stays undone."""
    if way.server is not None:
        user = unquote(urlsplit(settings.REDIS_URLS[way.unit.name]).username or "")
        if not way.server.refusal(user, command):
            act = Act(way.unit.name, "redis", THE_SERVER, f"{step.what}, {way.words}", may=False)
            return Result(act, True, "the server would have done it: asked with ACL DRYRUN, not tried")
    return _tried(way, THE_SERVER, step, command, may=False)


def _run(client: redis.Redis, how: str, command: tuple[str, ...]) -> None:
    if how in ("subscribe", "psubscribe"):
        with client.pubsub() as listener:
            getattr(listener, how)(*command)
            listener.get_message(timeout=5)  # the server's yes, or its refusal as an error
    elif how == "command":
        client.execute_command(*command)
    else:
        with client.pipeline(transaction=how == "transaction") as pipe:
            pipe.execute_command(*command)
            pipe.execute()


def _is_refusal(error: redis.ResponseError) -> bool:
    """A refusal inside a script comes as an error of the script; a command that the server lacks harms nobody."""
    words = str(error).lower()
    refused = isinstance(error, redis.exceptions.NoPermissionError) or "no permission" in words or "acl failure" in words
    return refused or any(answer in words for answer in ("unknown command", "unknown subcommand", "debug command not allowed"))
