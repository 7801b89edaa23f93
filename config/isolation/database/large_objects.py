"""Large objects: PostgreSQL lets everybody make them, outside every schema. Here nobody may.

The functions belong to the server's first superuser. The embedded cluster's launcher closes them (`close`) in the
hub's database and in template1, of which test databases are made; with a given server `isolation apply` tries.
"""

from collections.abc import Iterator
from typing import Any

from psycopg import sql

from config.isolation.database.findings import Cast, Finding, Note, Step, Trouble

HOLE = "large-objects"  # as HUB_TOLERATED_HOLES names it

_OPEN = """
SELECT p.proname, pg_get_function_identity_arguments(p.oid), pg_has_role(p.proowner, 'USAGE') FROM pg_proc p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND (p.proname ~ '^lo_' OR p.proname IN ('loread', 'lowrite'))
  AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
ORDER BY 1, 2
"""


def is_closed(connection: Any) -> bool:
    return connection.execute(_OPEN).fetchone() is None


def close(connection: Any) -> None:
    """As a superuser, in the database `connection` is connected to."""
    if functions := connection.execute(_OPEN).fetchall():
        connection.execute(_statement(functions))


def find(cursor: Any, who: Cast, tolerated: bool) -> Iterator[Finding]:
    cursor.execute(_OPEN)
    functions = cursor.fetchall()
    if not functions:
        return
    statement = _statement(functions)
    if who.superuser or all(may for _, _, may in functions):
        yield Step("close large objects to everybody", statement)
    elif tolerated:
        yield Note("every role may make large objects, which belong to no schema: HUB_TOLERATED_HOLES accepts it")
    else:
        yield Trouble(
            "every role may make large objects, which belong to no schema, and only a superuser can end that. "
            f"He runs, in this database: {statement.as_string()}; or accept it: HUB_TOLERATED_HOLES={HOLE}"
        )


def _statement(functions: list[tuple[str, str, bool]]) -> sql.Composed:
    names = [
        sql.SQL("{}({})").format(sql.Identifier("pg_catalog", name), sql.SQL(arguments)) for name, arguments, _ in functions
    ]
    return sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(sql.SQL(", ").join(names))
