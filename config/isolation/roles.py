"""Fence 3, who: one LOGIN role a unit, without any power but its grants, with limits of its own."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

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


def statements(cursor: Any, unit: Unit, login: dict[str, Any]) -> Iterator[tuple[str, sql.Composed]]:
    """(what, statement) for everything that must change so that the unit's role is as the manifest says.

    `login` is the unit's entry of DATABASES.
    """
    role = sql.Identifier(login["USER"])
    cursor.execute(
        f"SELECT rolcanlogin, rolconnlimit, rolconfig, {', '.join(_POWERS)} FROM pg_roles WHERE rolname = %s",
        [login["USER"]],
    )
    row = cursor.fetchone()
    if row is None:
        yield f"create role {login['USER']}", sql.SQL("CREATE ROLE {} NOINHERIT").format(role)
    can_login, limit, config, *powers = row or (False, -1, None)
    for power, held in zip(_POWERS, powers, strict=False):
        if held:  # named one by one: to deny a power nobody has, the owner would need it himself
            denial = sql.SQL(f"NO{power.removeprefix('rol')}")
            yield f"take {power} from {login['USER']}", sql.SQL("ALTER ROLE {} {}").format(role, denial)
    if not can_login or limit != unit.connection_limit or not logs_in(login):
        yield f"login of {login['USER']}", sql.SQL("ALTER ROLE {} LOGIN CONNECTION LIMIT {} PASSWORD {}").format(
            role, sql.Literal(unit.connection_limit), sql.Literal(login["PASSWORD"])
        )
    yield from _setting_statements(login["USER"], config or [], settings_of(unit))
    yield from _membership_statements(cursor, login["USER"])


def logs_in(login: dict[str, Any]) -> bool:
    """Whether the password works: the only question about a password that a server answers to everybody."""
    try:
        psycopg.connect(
            host=login["HOST"], port=login["PORT"], dbname=login["NAME"],
            user=login["USER"], password=login["PASSWORD"], connect_timeout=10,
        ).close()  # fmt: skip
    except psycopg.OperationalError:
        return False
    return True


def _setting_statements(
    name: str, config: list[str], wanted: dict[str, str]
) -> Iterator[tuple[str, sql.Composed]]:
    found = dict(entry.split("=", 1) for entry in config)
    for key in found.keys() - wanted.keys():
        yield f"{name}: reset {key}", sql.SQL("ALTER ROLE {} RESET {}").format(sql.Identifier(name), sql.Identifier(key))
    for key, value in wanted.items():
        if found.get(key) != value:
            yield (
                f"{name}: set {key}",
                sql.SQL("ALTER ROLE {} SET {} = {}").format(sql.Identifier(name), sql.Identifier(key), sql.Literal(value)),
            )


def _membership_statements(cursor: Any, name: str) -> Iterator[tuple[str, sql.Composed]]:
    """A unit is member of no other role: with SET ROLE it would step into another compartment."""
    cursor.execute(
        "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = to_regrole(%s)", [f'"{name}"']
    )
    for (group,) in cursor.fetchall():
        yield (
            f"{name}: leave {group}",
            sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(group.strip('"')), sql.Identifier(name)),
        )
