"""Proof at a start: the monitoring agent tries to write, and refuses to run where it could."""

import redis
from django.db import DatabaseError, connections

from config.isolation.manifest import BY_NAME, UNIT_SCHEMAS
from config.isolation.redis.connection import connection_options
from config.isolation.switches import AWAY

MONITOR = BY_NAME["monitor"]
_TABLES = """
SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables WHERE schemaname = ANY (%s) ORDER BY 1
"""


def holes(redis_url: str) -> list[str]:
    """What the agent could change, in words; nothing while a server is away: then there is nothing to write to."""
    return [*_database(), *_redis(redis_url)]


def _database() -> list[str]:
    connection = connections[MONITOR.alias]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            found = [] if cursor.fetchone()[0] == "on" else ["transactions of its role begin able to write"]
            cursor.execute("SELECT set_config('default_transaction_read_only', 'off', false)")  # as a mistake would
            cursor.execute(_TABLES, [["public", *UNIT_SCHEMAS]])
            tables = [row[0] for row in cursor.fetchall()]
    except DatabaseError:
        return []
    try:
        return [*found, *(f"rows of {table}" for table in tables if _can_write(table))]
    finally:
        connection.close()  # and with it what was set


def _can_write(table: str) -> bool:
    """A write that changes nothing where it is let through."""
    try:
        with connections[MONITOR.alias].cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE false")
    except DatabaseError:
        return False
    return True


def _redis(url: str) -> list[str]:
    """Past the client's own fence, with the unit's login: only the server's rules count."""
    bare = redis.Redis(connection_pool=redis.ConnectionPool.from_url(url, **connection_options(url, socket_timeout=2)))
    key = "switch:isolation-test"
    try:
        bare.delete(key)
    except redis.exceptions.NoPermissionError:
        return []
    except AWAY:
        return []
    return ["keys of others in Redis"]
