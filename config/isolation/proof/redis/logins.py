"""Logging in at Redis as somebody else: with one's own password, with none, and as nobody."""

from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.isolation.credentials import BUS
from config.isolation.manifest import UNITS, Unit
from config.isolation.proof.acts import Act, Result
from config.isolation.redis import acl
from config.isolation.redis.connection import connection_options


def login_results(unit: Unit) -> Iterator[Result]:
    """The unit's own password opens its own login alone."""
    own = urlsplit(settings.REDIS_URLS[unit.name])
    password = unquote(own.password or "")
    for name in (*(other.name for other in UNITS if other != unit), BUS):
        user = unquote(urlsplit(settings.REDIS_URLS[name]).username or "")
        yield _tried(_act(unit, f"log in as '{name}' with its own password"), user, password)
    yield _tried(_act(unit, "log in with a wrong password"), own.username or "", "wrong")
    if acl.OPEN_HOLE not in settings.HUB_TOLERATED_HOLES:
        yield _tried(_act(unit, "log in as nobody, without a password"), "", "")
    yield _tried(_act(unit, "log in with its own password", may=True), own.username or "", password)


def _act(unit: Unit, what: str, *, may: bool = False) -> Act:
    return Act(unit.name, "redis", "the server", what, may)


def _tried(act: Act, user: str, password: str) -> Result:
    parts = urlsplit(settings.REDIS_URLS[act.unit])
    login = f"{quote(unquote(user), safe='')}:{quote(password, safe='')}@" if user else ""
    url = parts._replace(netloc=f"{login}{parts.netloc.rpartition('@')[2]}").geturl()
    pool = redis.ConnectionPool.from_url(url, **connection_options(url, retry=Retry(NoBackoff(), 0)))
    try:
        with redis.Redis.from_pool(pool) as client:
            client.ping()
    except redis.AuthenticationError as error:
        return Result(act, False, str(error.__cause__ or error))
    return Result(act, True)
