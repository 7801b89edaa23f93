"""The servers that everything stands on."""

import time

import redis
from django.db import connections

from config.isolation.manifest import BY_NAME
from config.monitoring.book import AWAY, client, note_away
from config.monitoring.probes import Check, Node, Reading, State

ALIAS = BY_NAME["monitor"].alias
SLOW_S = 1.0
FULL = 0.9  # of the server's connections
_USED = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
       current_setting('max_connections')::int, pg_database_size(current_database())
"""


def checks() -> tuple[Check, ...]:
    postgres = Node("postgres", "PostgreSQL", "servers", act="Everything waits for it: look at the server.")
    cache = Node("redis", "Redis", "servers", act="Tasks, tokens and switches are in it; calls that write wait.")
    return (
        Check("postgres", (postgres,), lambda at: {"postgres": _postgres()}, uses=()),
        Check("redis", (cache,), lambda at: {"redis": _redis()}, uses=()),
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
