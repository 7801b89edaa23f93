"""Rule: connections made by hand, which no fence of the project knows of."""

import ast
from fnmatch import fnmatchcase
from functools import cache

from config.isolation.scan.reading import Reading
from config.isolation.scan.scopes import Place

_DATABASE = "Use connections[acting_unit().alias]: it logs in with your unit's own role."
_HTTP = "Use UnitSession of config/isolation/egress: it knows what your unit may call."
_REDIS = "Use unit_redis of config/isolation/redis.py: it keeps to your unit's keys."

_CALLS = {
    "psycopg.connect": _DATABASE,
    "psycopg.Connection*": _DATABASE,
    "psycopg.AsyncConnection*": _DATABASE,
    "psycopg_pool.*Pool": _DATABASE,
    "psycopg2.*": _DATABASE,
    "asyncpg.*": _DATABASE,
    "sqlalchemy.create_*engine": _DATABASE,
    "django.db.utils.ConnectionHandler": _DATABASE,
    "django.db.ConnectionHandler": _DATABASE,
    "django.db.connections.create_connection": _DATABASE,
    "django.db.backends.*.DatabaseWrapper": _DATABASE,
    "django.db.backends.*.DatabaseOperations": _DATABASE,
    "django.db.backends.*.DatabaseSchemaEditor": _DATABASE,
    "config.database.*.DatabaseWrapper": _DATABASE,
    "requests.Session": _HTTP,
    "requests.session": _HTTP,
    "requests.sessions.Session": _HTTP,
    **{f"requests.{verb}": _HTTP for verb in ("get", "post", "put", "patch", "delete", "head", "options", "request")},
    "urllib.request.*": _HTTP,
    "urllib3.*": _HTTP,
    "http.client.*Connection": _HTTP,
    "httpx.*": _HTTP,
    "aiohttp.*": _HTTP,
    "socket.create_connection": _HTTP,
    "redis.Redis": _REDIS,
    "redis.Redis.from_url": _REDIS,
    "redis.StrictRedis*": _REDIS,
    "redis.from_url": _REDIS,
    "redis.RedisCluster*": _REDIS,
    "redis.Connection*": _REDIS,
    "redis.asyncio.*": _REDIS,
    "redis.client.*": _REDIS,
    "django_redis.get_redis_connection": _REDIS,
}
_EXCEPTIONS = ("Error", "Exception", "Timeout", "Warning")  # naming what may be raised opens nothing


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
    if dotted in _CALLS:
        return _CALLS[dotted]
    top = dotted.partition(".")[0]
    wild = (way for pattern, way in _CALLS.items() if pattern.startswith(top) and "*" in pattern and fnmatchcase(dotted, pattern))
    return next(wild, None)
