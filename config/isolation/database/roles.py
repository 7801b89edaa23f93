"""Fence 3, who: one LOGIN role a unit, without any power but its grants, with limits of its own."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from config.isolation.database import logins
from config.isolation.database.findings import Step
from config.isolation.manifest import Unit

IDLE_IN_TRANSACTION_S = 120
_POWERS = ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls", "rolinherit")


def settings_of(unit: Unit) -> dict[str, str]:
    """Server settings that hold from the moment the role logs in."""
    settings = {
        "statement_timeout": f"{unit.statement_timeout_s}s",
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_S}s",
        "lock_timeout": "60s",
        "work_mem": f"{unit.work_mem_mb}MB",
    }
    if unit.read_only:
        settings["default_transaction_read_only"] = "on"
    return settings


def find(cursor: Any, unit: Unit, login: dict[str, Any]) -> Iterator[Step]:
    """Everything that must change so that the unit's role is as the manifest says.

    `login` is the unit's entry of DATABASES.
    """
    name, role = login["USER"], sql.Identifier(login["USER"])
    cursor.execute(
        f"SELECT rolcanlogin, rolconnlimit, rolconfig, {', '.join(_POWERS)} FROM pg_roles WHERE rolname = %s", [name]
    )
    row = cursor.fetchone()
    if row is None:
        yield Step(f"create role {name}", sql.SQL("CREATE ROLE {} NOINHERIT").format(role))
    can_login, limit, config, *powers = row or (False, -1, None)
    for power, held in zip(_POWERS, powers, strict=False):
        if held:  # named one by one: to deny a power nobody has, the owner would need it himself
            denial = sql.SQL(f"NO{power.removeprefix('rol')}")
            yield Step(f"take {power} from {name}", sql.SQL("ALTER ROLE {} {}").format(role, denial))
    if not can_login or limit != unit.connection_limit or not logs_in(login):
        statement = sql.SQL("ALTER ROLE {} LOGIN CONNECTION LIMIT {} VALID UNTIL 'infinity' PASSWORD {}").format(
            role, sql.Literal(unit.connection_limit), sql.Literal(login["PASSWORD"])
        )
        yield Step(f"login of {name}", statement, remedy="")
    yield from _settings(name, config or [], settings_of(unit))
    yield from _settings_here(cursor, name)


def logs_in(login: dict[str, Any]) -> bool:
    """Whether the password works: the only question about a password that a server answers to everybody."""
    try:
        logins.connect(login).close()
    except psycopg.OperationalError:
        return False
    return True


def _settings(name: str, config: list[str], wanted: dict[str, str]) -> Iterator[Step]:
    found = dict(entry.split("=", 1) for entry in config)
    for key in sorted(found.keys() - wanted.keys()):
        reset = sql.SQL("ALTER ROLE {} RESET {}").format(sql.Identifier(name), sql.Identifier(key))
        yield Step(f"{name}: reset {key}", reset)
    for key, value in wanted.items():
        if found.get(key) != value:
            statement = sql.SQL("ALTER ROLE {} SET {} = {}").format(
                sql.Identifier(name), sql.Identifier(key), sql.Literal(value)
            )
            yield Step(f"{name}: set {key}", statement)


def _settings_here(cursor: Any, name: str) -> Iterator[Step]:
    """Settings of a role in one database win over those of the role."""
    cursor.execute(
        "SELECT d.datname, unnest(s.setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase "
        "JOIN pg_roles r ON r.oid = s.setrole WHERE r.rolname = %s AND d.datname = current_database()",
        [name],
    )
    for database, entry in cursor.fetchall():
        key = entry.partition("=")[0]
        statement = sql.SQL("ALTER ROLE {} IN DATABASE {} RESET {}").format(
            sql.Identifier(name), sql.Identifier(database), sql.Identifier(key)
        )
        yield Step(f"{name}: reset {key} in database {database}", statement)
