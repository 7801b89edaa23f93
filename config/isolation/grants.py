"""Fence 3, kept: bring the database's roles and grants to what the manifest says, or say what differs."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections, transaction
from django.db.utils import DatabaseError
from psycopg import sql

from config.isolation import privileges, roles
from config.isolation.manifest import OWNER_ALIAS, UNIT_SCHEMAS, UNITS
from config.isolation.outcome import Outcome

ATTEMPTS = 5  # roles belong to the whole server: two databases prepared at once meet there


def apply(*, dry_run: bool = False) -> Outcome:
    """Create what is missing, take away what is too much; the second run in a row changes nothing."""
    for attempt in range(ATTEMPTS):
        try:
            return _apply_once(dry_run)
        except DatabaseError as error:
            if attempt == ATTEMPTS - 1 or not _raced(error):
                raise
            time.sleep(0.1 * (attempt + 1))
    raise AssertionError("unreachable")


def _raced(error: DatabaseError) -> bool:
    cause = error.__cause__
    return isinstance(cause, psycopg.errors.UniqueViolation) or "concurrently" in str(cause)


def _apply_once(dry_run: bool) -> Outcome:
    outcome = Outcome()
    connection = connections[OWNER_ALIAS]
    for steps in (_role_steps, _schema_steps, _privilege_steps):
        with connection.cursor() as cursor:
            for what, statement in list(steps(cursor)):
                _run(cursor, what, statement, outcome, dry_run)
    return outcome


def _run(cursor: Any, what: str, statement: sql.Composed, outcome: Outcome, dry_run: bool) -> None:
    if dry_run:
        outcome.changes.append(what)
        return
    try:
        with transaction.atomic(using=OWNER_ALIAS):
            cursor.execute(statement)
    except DatabaseError as error:
        if _raced(error):
            raise
        outcome.refused.append(f"{what}: {str(error).splitlines()[0]}")
    else:
        outcome.changes.append(what)


def role_names() -> dict[str, str]:
    return {unit.name: settings.DATABASES[unit.alias]["USER"] for unit in UNITS}


def _login(alias: str) -> dict[str, Any]:
    """As the connection has it: under test the database has another name."""
    return connections[alias].settings_dict


def _role_steps(cursor: Any) -> Iterator[tuple[str, sql.Composed]]:
    for unit in UNITS:
        yield from roles.statements(cursor, unit, _login(unit.alias))


def _schema_steps(cursor: Any) -> Iterator[tuple[str, sql.Composed]]:
    for schema in UNIT_SCHEMAS:
        cursor.execute("SELECT to_regnamespace(%s) IS NULL", [schema])
        if cursor.fetchone()[0]:
            yield f"create schema {schema}", sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema))
    cursor.execute(
        "SELECT FROM pg_default_acl WHERE defaclrole = current_user::regrole AND defaclnamespace = 0 AND defaclobjtype = 'f'"
    )
    if cursor.fetchone() is None:
        what = "future functions: not for everybody"
        yield what, sql.SQL("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC").format()


def _privilege_steps(cursor: Any) -> Iterator[tuple[str, sql.Composed]]:
    found = privileges.drift(cursor, role_names())
    for verb, wrong in (("REVOKE", found.extra), ("GRANT", found.missing)):
        for privilege in sorted(wrong):
            what = f"{verb.lower()} {privilege.right} on {privilege.kind.lower()} {privilege.object}: {privilege.grantee}"
            yield what, privileges.statement(privilege, verb)
