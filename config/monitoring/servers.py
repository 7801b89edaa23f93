"""The servers that everything stands on."""

import time
from collections.abc import Mapping
from datetime import datetime

import redis
from django.db import connections

from config.isolation.manifest import BY_NAME, UNIT_SCHEMAS
from config.monitoring.book import AWAY, client, note_away
from config.monitoring.probes import Check, Node, Reading, State

ALIAS = BY_NAME["monitor"].alias
SLOW_S = 1.0
FULL = 0.9  # of the server's connections
_USED = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
       current_setting('max_connections')::int, pg_database_size(current_database())
"""
_SIZES = """
SELECT n.nspname, sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'm') GROUP BY 1
"""


def checks() -> tuple[Check, ...]:
    postgres = Node("postgres", "PostgreSQL", "servers", act="Everything waits for it: look at the server.")
    cache = Node("redis", "Redis", "servers", act="Tasks, tokens and switches are in it; calls that write wait.")
    return (
        Check("postgres", (postgres,), lambda at: {"postgres": _postgres()}, uses=()),
        Check("redis", (cache,), lambda at: {"redis": _redis()}, uses=()),
        Check("sizes", (Node("sizes", "Size of the database", "servers"),), _sizes, patience_s=20),
    )


def _postgres() -> Reading:
    began = time.monotonic()
    try:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(_USED)
            used, most, size = cursor.fetchone()
    except Exception as error:  # whatever it is, the database is not there for us
        return Reading(State.BAD, f"It does not answer: {str(error).splitlines()[0]}.")
    seconds = time.monotonic() - began
    figures = {"connections": float(used), "most_connections": float(most), "answer_seconds": seconds, "bytes": float(size)}
    if used >= most * FULL:
        return Reading(State.BAD, f"{used} of {most} connections are taken.", figures)
    if seconds > SLOW_S:
        return Reading(State.WARNING, f"It took {seconds:.1f} s to answer.", figures)
    return Reading(State.OK, f"{used} of {most} connections are taken.", figures)


def _redis() -> Reading:
    began = time.monotonic()
    try:
        client().ping()
    except redis.AuthenticationError:
        return Reading(State.BAD, "It refuses the login: run `manage.py isolation apply`.")
    except AWAY as error:
        note_away()
        return Reading(State.BAD, f"It does not answer ({type(error).__name__}).")
    seconds = time.monotonic() - began
    slow = seconds > SLOW_S
    return Reading(State.WARNING if slow else State.OK, f"It answers in {seconds * 1000:.0f} ms.", {"answer_seconds": seconds})


def _sizes(at: datetime) -> Mapping[str, Reading]:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_SIZES, [["public", *UNIT_SCHEMAS]])
        sizes = dict(cursor.fetchall())
    text = ", ".join(f"{schema} {size / 1e6:,.0f} MB" for schema, size in sorted(sizes.items()))
    return {"sizes": Reading(State.OK, text, {f"{schema}_bytes": float(size) for schema, size in sizes.items()})}
