"""Fence 3, what should be: every privilege the manifest grants, compared with every privilege that exists.

A privilege is (kind, object, grantee, right). Wanted minus found is granted, found minus wanted is revoked; so one
comparison serves `isolation apply`, `isolation check` and the tests. Owners keep their implicit rights and rights of
roles unknown to the manifest are left alone here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from config.isolation.manifest import SCHEMAS, UNITS, Unit, owner_of, owns_whole_schema

PUBLIC = "PUBLIC"
DML = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")

# Kinds of object, as GRANT names them. "DEFAULT x" stands for objects of kind x that the owner makes in future.
_KINDS = {"r": "TABLE", "p": "TABLE", "v": "TABLE", "m": "TABLE", "f": "TABLE", "S": "SEQUENCE"}

_FOUND = """
WITH spaces AS (SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = ANY(%(schemas)s)),
extension AS (SELECT objid FROM pg_depend WHERE deptype = 'e')
SELECT kind, object, CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, privilege_type FROM (
    SELECT 'DATABASE' AS kind, datname::text AS object, datdba AS owner, (acl).* FROM (
        SELECT datname, datdba, aclexplode(coalesce(datacl, acldefault('d', datdba))) AS acl
        FROM pg_database WHERE datname = current_database()) d
    UNION ALL
    SELECT 'SCHEMA', nspname, nspowner, (acl).* FROM (
        SELECT nspname, nspowner, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS acl FROM spaces) s
    UNION ALL
    SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, nspname || '.' || relname, relowner, (acl).* FROM (
        SELECT nspname, relname, relkind, relowner, aclexplode(relacl) AS acl
        FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
        WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.oid NOT IN (SELECT objid FROM extension)) t
    UNION ALL
    SELECT 'COLUMN', nspname || '.' || relname || '.' || attname, relowner, (acl).* FROM (
        SELECT nspname, relname, attname, relowner, aclexplode(attacl) AS acl
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN spaces s ON s.oid = c.relnamespace) c
    UNION ALL
    SELECT 'FUNCTION', nspname || '.' || signature, proowner, (acl).* FROM (
        SELECT nspname, proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS signature, proowner,
               aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl
        FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace
        WHERE p.oid NOT IN (SELECT objid FROM extension)) f
    UNION ALL
    SELECT CASE defaclobjtype WHEN 'r' THEN 'DEFAULT TABLES' WHEN 'S' THEN 'DEFAULT SEQUENCES'
                              WHEN 'f' THEN 'DEFAULT FUNCTIONS' END, nspname, defaclrole, (acl).* FROM (
        SELECT defaclobjtype, nspname, defaclrole, aclexplode(defaclacl) AS acl
        FROM pg_default_acl a JOIN spaces s ON s.oid = a.defaclnamespace
        WHERE defaclobjtype IN ('r', 'S', 'f') AND defaclrole = current_user::regrole) d
) found WHERE grantee <> owner
"""

_OBJECTS = """
SELECT c.relkind::text, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT 'function', n.nspname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')'
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = ANY(%(schemas)s) AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


@dataclass(frozen=True, order=True)
class Privilege:
    kind: str
    object: str
    grantee: str
    right: str


@dataclass(frozen=True)
class Drift:
    """`missing` is wanted and absent; `extra` exists and nobody wants it."""

    missing: frozenset[Privilege]
    extra: frozenset[Privilege]


def drift(cursor: Any, roles: dict[str, str]) -> Drift:
    """Compare the database `cursor` is connected to with the manifest. `roles`: unit name -> database role."""
    wanted = frozenset(_wanted(cursor, roles))
    cursor.execute(_FOUND, {"schemas": list(SCHEMAS)})
    known = {PUBLIC, *roles.values()}
    found = frozenset(Privilege(k, o, g.strip('"'), r) for k, o, g, r in cursor.fetchall() if g.strip('"') in known)
    return Drift(wanted - found, found - wanted)


def statement(privilege: Privilege, verb: str) -> sql.Composed:
    """The GRANT or REVOKE (`verb`) that adds or removes one privilege."""
    kind, grantee = privilege.kind, _grantee(privilege.grantee)
    direction = sql.SQL("TO" if verb == "GRANT" else "FROM")
    if kind.startswith("DEFAULT "):
        return sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA {} {} {} ON {} {} {}").format(
            sql.Identifier(privilege.object), sql.SQL(verb), sql.SQL(privilege.right),
            sql.SQL(kind.removeprefix("DEFAULT ")), direction, grantee,
        )  # fmt: skip
    if kind == "COLUMN":
        schema, table, column = privilege.object.split(".", 2)
        right = sql.SQL("{} ({})").format(sql.SQL(privilege.right), sql.Identifier(column))
        return sql.SQL("{} {} ON TABLE {} {} {}").format(sql.SQL(verb), right, sql.Identifier(schema, table), direction, grantee)
    return sql.SQL("{} {} ON {} {} {} {}").format(
        sql.SQL(verb), sql.SQL(privilege.right), sql.SQL(kind), _object(privilege), direction, grantee
    )


def _object(privilege: Privilege) -> sql.Composable:
    if privilege.kind in ("DATABASE", "SCHEMA"):
        return sql.Identifier(privilege.object)
    schema, _, name = privilege.object.partition(".")
    if privilege.kind == "FUNCTION":
        function, _, arguments = name.partition("(")
        return sql.SQL("{}({}").format(sql.Identifier(schema, function), sql.SQL(arguments))
    return sql.Identifier(schema, name)


def _grantee(role: str) -> sql.Composable:
    return sql.SQL(PUBLIC) if role == PUBLIC else sql.Identifier(role)


def _wanted(cursor: Any, roles: dict[str, str]) -> Iterator[Privilege]:
    cursor.execute("SELECT current_database()")
    database = cursor.fetchone()[0]
    cursor.execute(_OBJECTS, {"schemas": list(SCHEMAS)})
    objects = cursor.fetchall()
    for unit in UNITS:
        role = roles[unit.name]
        yield Privilege("DATABASE", database, role, "CONNECT")
        yield from _on_schemas(unit, role)
        for kind, schema, name in objects:
            for right in _rights(unit, kind, schema, name):
                yield Privilege(_KINDS.get(kind, "FUNCTION"), f"{schema}.{name}", role, right)


def _on_schemas(unit: Unit, role: str) -> Iterator[Privilege]:
    elsewhere = {name.split(".")[0] for name in (*unit.peoples_tables, *unit.inboxes)}
    for schema in {*unit.reads, *elsewhere, *([unit.schema] if unit.schema else [])}:
        yield Privilege("SCHEMA", schema, role, "USAGE")
    for schema in unit.reads:
        yield Privilege("DEFAULT TABLES", schema, role, "SELECT")
    if unit.schema and owns_whole_schema(unit):
        yield from (Privilege("DEFAULT TABLES", unit.schema, role, right) for right in DML)
        yield from (Privilege("DEFAULT SEQUENCES", unit.schema, role, right) for right in ("SELECT", "USAGE"))
        yield Privilege("DEFAULT FUNCTIONS", unit.schema, role, "EXECUTE")


def _rights(unit: Unit, kind: str, schema: str, name: str) -> Iterable[str]:
    """What `unit` may do with one existing object."""
    if kind == "function":
        return ("EXECUTE",) if schema == unit.schema else ()
    owner = owner_of(schema, name)
    mine = owner == unit or (kind == "S" and schema == unit.schema)
    if kind == "S":
        return ("SELECT", "USAGE") if mine else ()
    if mine or unit.writes(schema, name):
        return DML if kind in "rp" else ("SELECT",)
    if f"{schema}.{name}" in unit.inboxes:
        return ("INSERT",)
    return ("SELECT",) if schema in unit.reads else ()
