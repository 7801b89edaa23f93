"""Rule: connections made by hand, which no fence of the project knows of."""

import ast
from fnmatch import fnmatchcase
from functools import cache

from config.isolation.scan.reading import Reading
from config.isolation.scan.scopes import Place

_DATABASE = "Use connections[acting_unit().alias]: it logs in with your unit's own role."
_HTTP = "Use UnitSession of config/isolation/egress: it knows what your unit may call."
_REDIS = "Use unit_redis of config/isolation/redis/client.py: it keeps to your unit's keys."

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request", "stream")
_MADE: dict[str, tuple[str, ...]] = {
    _DATABASE: (
        "psycopg.connect", "psycopg.Connection*", "psycopg.AsyncConnection*", "psycopg_pool.*Pool",
        "psycopg2.connect", "psycopg2.pool.*", "asyncpg.connect", "asyncpg.create_pool", "sqlalchemy.create_*engine",
        "django.db.utils.ConnectionHandler", "django.db.ConnectionHandler", "django.db.connections.create_connection",
        "django.db.backends.*.DatabaseWrapper", "django.db.backends.*.DatabaseOperations",
        "django.db.backends.*.DatabaseSchemaEditor", "config.database.*.DatabaseWrapper",
    ),
    _HTTP: (
        "requests.Session", "requests.session", "requests.sessions.Session", *(f"requests.{verb}" for verb in _VERBS),
        "requests.api.*", "urllib.request.urlopen", "urllib.request.urlretrieve", "urllib.request.*pener",
        "urllib3.PoolManager", "urllib3.ProxyManager", "urllib3.HTTP*ConnectionPool", "urllib3.request",
        "urllib3.connection_from_url", "http.client.HTTP*Connection", "socket.create_connection",
        "httpx.Client", "httpx.AsyncClient", *(f"httpx.{verb}" for verb in _VERBS), "aiohttp.ClientSession", "aiohttp.request",
    ),
    _REDIS: (
        "redis.Redis", "redis.Redis.from_*", "redis.StrictRedis*", "redis.from_url", "redis.RedisCluster*", "redis.Connection*",
        "redis.client.Redis*", "redis.asyncio.Redis*", "redis.asyncio.from_url", "redis.asyncio.client.Redis*",
        "redis.sentinel.*", "django_redis.get_redis_connection",
    ),
}  # fmt: skip
_EXCEPTIONS = ("Error", "Exception", "Timeout", "Warning", "Interrupted")  # naming what may be raised opens nothing


class HandmadeRule:
    """A sandbox plays the vendor, for tests and demos: what it opens is not the unit's."""

    LOOKS_AT = (ast.Call, ast.ClassDef)

    def __init__(self, reading: Reading) -> None:
        self._r = reading

    def look(self, node: ast.AST, place: Place) -> None:
        if self._r.source.is_sandbox:
            return
        if isinstance(node, ast.Call):
            self._check(node.func, place, node.lineno)
        elif isinstance(node, ast.ClassDef):
            for base in node.bases:
                self._check(base, place, node.lineno)

    def _check(self, node: ast.AST, place: Place, line: int) -> None:
        for dotted in self._r.names.dotted(node, place):
            instead = _instead(dotted)
            if instead:
                said = f"'{self._r.home.name}' opens a connection by hand: {dotted}."
                self._r.findings.add(line, "handmade", dotted, said, instead)


@cache
def _instead(dotted: str) -> str | None:
    if dotted.endswith(_EXCEPTIONS):
        return None
    ways = (way for way, patterns in _MADE.items() if any(fnmatchcase(dotted, pattern) for pattern in patterns))
    return next(ways, None)
