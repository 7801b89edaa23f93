"""Fence 3 tried out: every unit, logged in as itself, against every schema, and out of its role by every way known.

What is tried is rolled back; the real tables are asked in forms that touch no row; what was made for it is dropped.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from config.isolation.database import large_objects, logins
from config.isolation.manifest import OWNER_ALIAS, SCHEMAS, UNITS, Unit
from config.isolation.proof.acts import Act, Result
from config.isolation.proof.database import escapes, places, probes, real
from config.isolation.proof.database.attempt import FENCE, Session, Try
from config.isolation.proof.database.escapes import BEYOND, Around
from config.isolation.proof.database.probes import Probe
from config.isolation.proof.database.real import Real

Login = dict[str, Any]
PATIENCE = "SET lock_timeout = '5s'; SET client_min_messages = warning"
_ALONE = "SELECT pg_advisory_lock(hashtext('hub isolation prove'))"  # a second proof would sweep away the first one's things

_SURROUNDINGS = """
SELECT quote_ident(current_user), quote_ident(current_database()),
    (SELECT name FROM pg_available_extension_versions v
     WHERE relocatable AND requires IS NULL AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = name)
     ORDER BY trusted DESC, name LIMIT 1),
    (SELECT array_agg(rolname::text ORDER BY 1) FROM pg_roles),
    (SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'dblink'),
    (SELECT quote_ident(fdwname) FROM pg_foreign_data_wrapper ORDER BY 1 LIMIT 1)
"""


def results(units: Iterable[Unit] = UNITS) -> Iterator[Result]:
    """Every act of `units` at the database, forbidden and permitted. Needs the owner's address.

    Raises psycopg.Error where the owner cannot make what is to be tried on; what a unit meets is its result.
    """
    logged = {unit.name: dict(connections[unit.alias].settings_dict) for unit in UNITS}
    with _prepared() as (owner, probes), _sessions(logged) as victims, ThreadPoolExecutor(len(UNITS)) as pool:
        things = real.existing(owner)
        surroundings = owner.execute(_SURROUNDINGS).fetchone()
        work = []
        for unit in units:
            around = _around(unit, logged, probes, victims, surroundings)
            tries = [*_tries(unit, probes, things, around)]
            work.append(pool.submit(_as_unit, unit, logged, tries))
        for done in work:
            yield from done.result()


@contextmanager
def _prepared() -> Iterator[tuple[Any, list[Probe]]]:
    """The owner's session, and what it has just made."""
    with logins.connect(connections[OWNER_ALIAS].settings_dict) as owner:
        owner.execute(_ALONE)
        probes.sweep(owner)
        try:
            yield owner, probes.make(owner)
        finally:
            probes.sweep(owner)


@contextmanager
def _sessions(logged: dict[str, Login]) -> Iterator[dict[str, int]]:
    """A session of each unit, for the others to try to end: its process, where the unit can log in at all."""
    with ExitStack() as stack:
        found = {}
        for name, login in logged.items():
            with suppress(psycopg.OperationalError):
                found[name] = stack.enter_context(logins.connect(login)).info.backend_pid
        yield found


def _around(
    unit: Unit, logged: dict[str, Login], probes: list[Probe], victims: dict[str, int], surroundings: Any
) -> Around:
    owner, database, extension, roles, dblink, wrapper = surroundings
    logins_of_units = {login["USER"] for login in logged.values()}
    foreign = [probe for probe in probes if probe.owner != unit]
    readable = [probe for probe in foreign if probe.schema in unit.reads]  # so that nothing but the writing is refused
    return Around(
        owner=owner,
        self=_role(logged[unit.name]),
        others={name: _role(login) for name, login in logged.items() if name != unit.name},
        strangers=[role for role in roles if role not in logins_of_units],
        foreign=(readable or foreign)[0].table,
        database=database,
        schema=unit.schema or SCHEMAS[0],
        victim=next((pid for name, pid in victims.items() if name != unit.name), None),
        extension=extension,
        dblink=dblink,
        wrapper=wrapper,
        large_objects=large_objects.HOLE not in settings.HUB_TOLERATED_HOLES,
    )


def _role(login: Login) -> str:
    return sql.Identifier(login["USER"]).as_string()


def _tries(unit: Unit, probes: list[Probe], things: list[Real], around: Around) -> Iterator[Try]:
    for probe in probes:
        yield from places.tries(unit, probe, around.owner, next(iter(around.others.values())))
    yield from real.tries(unit, things)
    yield from escapes.tries(unit, around)


def _as_unit(unit: Unit, logged: dict[str, Login], tries: list[Try]) -> list[Result]:
    found = [_borrowed_login(unit, logged, whose) for whose in logged if whose != unit.name]
    act = Act(unit.name, FENCE, BEYOND, "log in", may=True)
    try:
        with logins.connect(logged[unit.name], application_name="hub:isolation prove") as connection:
            connection.execute(PATIENCE)
            if unit.read_only:
                found.append(_lifted(unit, connection))
            return [*found, Result(act, worked=True), *Session(unit, connection).results(tries)]
    except psycopg.OperationalError as error:
        return [*found, Result(act, worked=False, detail=str(error).splitlines()[0])]


def _lifted(unit: Unit, connection: Any) -> Result:
    """The unit may end its own read-only state, so everything is tried without it: it must not be the only fence."""
    act = Act(unit.name, FENCE, BEYOND, "begin every transaction as a reader", may=True)
    state = connection.execute("SHOW default_transaction_read_only").fetchone()[0]
    connection.execute("SET default_transaction_read_only = off")
    return Result(act, worked=state == "on", detail=f"default_transaction_read_only is {state} after the login")


def _borrowed_login(unit: Unit, logged: dict[str, Login], whose: str) -> Result:
    """Where the server asks for no password, roles keep nobody apart."""
    act = Act(unit.name, FENCE, BEYOND, f"log in as {whose} with its own password", may=False)
    try:
        logins.connect(logged[whose], password=logged[unit.name]["PASSWORD"]).close()
    except psycopg.OperationalError as error:
        return Result(act, worked=False, detail=str(error).splitlines()[0])
    return Result(act, worked=True)
