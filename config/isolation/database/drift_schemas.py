"""Schemas that no unit owns: no unit, and not everybody, may look into them or create there."""

from collections.abc import Iterator
from typing import Any

from psycopg import sql

from config.isolation.database.findings import Cast, Finding, Note, Step
from config.isolation.manifest import SCHEMAS

_FOREIGN = """
SELECT n.nspname, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END,
       string_agg(DISTINCT a.privilege_type, ', ')
FROM pg_namespace n
LEFT JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
  ON a.grantee = 0 OR pg_get_userbyid(a.grantee) = ANY(%(units)s)
WHERE n.nspname <> ALL(%(schemas)s) AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
GROUP BY 1, a.grantee ORDER BY 1, 2
"""


def create(cursor: Any) -> Iterator[Finding]:
    for schema in SCHEMAS:
        cursor.execute("SELECT to_regnamespace(%s) IS NULL", [schema])
        if cursor.fetchone()[0]:
            yield Step(f"create schema {schema}", sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))


def find(cursor: Any, who: Cast) -> Iterator[Finding]:
    cursor.execute(_FOREIGN, {"units": who.units(), "schemas": list(SCHEMAS)})
    noted = set()
    for schema, grantee, rights in cursor.fetchall():
        if schema not in noted:
            noted.add(schema)
            yield Note(f"schema {schema} belongs to no unit of the manifest: give it one, or drop it")
        if rights:
            to = sql.SQL("PUBLIC") if grantee == "PUBLIC" else sql.Identifier(grantee)
            statement = sql.SQL("REVOKE ALL ON SCHEMA {} FROM {} CASCADE").format(sql.Identifier(schema), to)
            yield Step(f"revoke {rights} on schema {schema}, which belongs to no unit: {grantee}", statement)
