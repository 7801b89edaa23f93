"""What lies in the manifest's schemas: whether a unit's pattern covers it, and whether the owner owns it.

Who owns an object may do everything with it, and no REVOKE touches that.
"""

from collections.abc import Iterator
from typing import Any

from psycopg import sql

from config.isolation.database.findings import Cast, Finding, Step, Trouble
from config.isolation.database.privileges import Thing, things
from config.isolation.manifest import SCHEMAS, owner_of

_WORDS = {
    "r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table", "S": "sequence",
}  # fmt: skip

# Sequences of a column go with their table, row types and array types with theirs. The schema public belongs to
# whoever owns the database, by the name of pg_database_owner.
_STOLEN = """
WITH spaces AS (SELECT oid, nspname, nspowner FROM pg_namespace WHERE nspname = ANY(%(schemas)s)),
objects AS (
    SELECT 'SCHEMA' AS kind, nspname AS schema, NULL AS name, nspowner AS owner, 'pg_namespace'::regclass AS class, oid
    FROM spaces
    UNION ALL
    SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                        WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
           nspname, quote_ident(relname), relowner, 'pg_class'::regclass, c.oid
    FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND NOT (relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                                         AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0))
    UNION ALL
    SELECT 'ROUTINE', nspname, quote_ident(proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')', proowner,
           'pg_proc'::regclass, p.oid FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace
    UNION ALL
    SELECT 'TYPE', nspname, quote_ident(typname), typowner, 'pg_type'::regclass, t.oid
    FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = typrelid
    WHERE typtype IN ('e', 'd', 'r') OR c.relkind = 'c'
)
SELECT kind, schema, name, o.rolname, pg_has_role(owner, 'USAGE') FROM objects JOIN pg_roles o ON o.oid = owner
WHERE o.rolname <> current_user
  AND NOT (o.rolname = 'pg_database_owner' AND kind = 'SCHEMA' AND pg_has_role(owner, 'USAGE'))
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = class AND d.objid = objects.oid AND d.deptype = 'e')
ORDER BY 1, 2, 3
"""


def find_owners(cursor: Any, who: Cast) -> Iterator[Finding]:
    cursor.execute(_STOLEN, {"schemas": list(SCHEMAS)})
    for kind, schema, name, owner, usable in cursor.fetchall():
        object = sql.Identifier(schema) if name is None else sql.Identifier(schema) + sql.SQL(f".{name}")
        mends = sql.SQL("ALTER {} {} OWNER TO {}").format(sql.SQL(kind), object, sql.Identifier(who.owner))
        shown = schema if name is None else f"{schema}.{name}"
        statement = mends if usable else who.borrowing(owner, mends)
        yield Step(f"take {kind.lower()} {shown} from {owner}, who owns it", statement, mends.as_string())


def find_undeclared(cursor: Any) -> Iterator[Finding]:
    for thing in things(cursor):
        if owner_of(thing.schema, thing.covered_name) is None:
            yield Trouble(
                f"{_word(thing)} {thing.schema}.{thing.name} belongs to no unit of the manifest, so nobody may write it: "
                "give a unit its name in config/isolation/manifest.py, or drop it"
            )


def _word(thing: Thing) -> str:
    return _WORDS.get(thing.kind, "function")
