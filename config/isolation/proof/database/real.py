"""The hub's real tables, views, sequences and functions, in forms that touch no row even where they get through."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from psycopg import sql

from config.isolation.manifest import SCHEMAS, Unit
from config.isolation.proof.database.attempt import Try
from config.isolation.proof.database.probes import NAME

_RELATIONS = """
SELECT c.relkind::text, n.nspname, c.relname, t.relname,
       ARRAY(SELECT attname FROM pg_attribute a WHERE a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped
             AND NOT c.relispartition ORDER BY attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend o ON c.relkind = 'S' AND o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.deptype IN ('a', 'i')
  AND o.refclassid = 'pg_class'::regclass
LEFT JOIN pg_class t ON t.oid = o.refobjid
WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relname !~ %(probes)s
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 2, 3
"""
# Functions that a statement can call, with NULLs for its arguments.
_FUNCTIONS = """
SELECT 'function', n.nspname, p.proname, NULL, ARRAY(SELECT format_type(type, NULL) FROM unnest(p.proargtypes) type)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = ANY(%(schemas)s) AND p.proname !~ %(probes)s AND p.prokind = 'f'
  AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid = ANY(p.proargtypes || p.prorettype)
                  AND t.typtype = 'p' AND t.typname <> 'void')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
"""
_ROWS = ("r", "p")


class Real(NamedTuple):
    """`parts`: of a table its columns, none for a partition, which has its table's; of a function its arguments' types."""

    kind: str
    schema: str
    name: str
    numbers: str | None
    parts: list[str]


def existing(connection: Any) -> list[Real]:
    """As the owner."""
    values = {"schemas": list(SCHEMAS), "probes": NAME}
    return [Real(*row) for query in (_RELATIONS, _FUNCTIONS) for row in connection.execute(query, values).fetchall()]


def tries(unit: Unit, things: list[Real]) -> Iterator[Try]:
    for thing in things:
        called = sql.Identifier(thing.schema, thing.name).as_string()
        if thing.kind == "function":
            yield _call(unit, thing, called)
        elif thing.kind == "S":
            yield _number(unit, thing, called)
        else:
            yield from _rows(unit, thing, called)


def _rows(unit: Unit, thing: Real, called: str) -> Iterator[Try]:
    """WHERE false: the right is checked, and no row is looked at."""
    writes = unit.writes(thing.schema, thing.name)
    inbox = f"{thing.schema}.{thing.name}" in unit.inboxes
    reads = writes or (thing.schema in unit.reads and not inbox)
    yield Try(thing.schema, f"SELECT: {thing.name}", f"SELECT 1 FROM {called} WHERE false", reads)
    if thing.kind not in _ROWS:
        return
    yield Try(thing.schema, f"INSERT: {thing.name}", f"INSERT INTO {called} SELECT WHERE false", writes or inbox)
    yield Try(thing.schema, f"DELETE: {thing.name}", f"DELETE FROM {called} WHERE false", writes)
    lock = f"LOCK TABLE {called} IN ROW EXCLUSIVE MODE"  # whoever has any right to write may
    yield Try(thing.schema, f"LOCK as a writer does: {thing.name}", lock, writes or inbox)
    yield Try(thing.schema, f"SELECT FOR UPDATE: {thing.name}", f"SELECT 1 FROM {called} WHERE false FOR UPDATE", writes)
    for column in thing.parts:  # a right may be given on one column alone
        update = f"UPDATE {called} SET {sql.Identifier(column).as_string()} = DEFAULT WHERE false"
        yield Try(thing.schema, f"UPDATE: {thing.name}.{column}", update, writes)


def _number(unit: Unit, thing: Real, called: str) -> Try:
    """Not nextval: no rollback would give the number back. The right is the same, and is checked first."""
    statement = f"SELECT currval({sql.Literal(called).as_string()})"
    mine = unit.writes(thing.schema, thing.numbers or thing.name)
    return Try(thing.schema, f"use of sequence {thing.name}", statement, mine, reached=("55000",))


def _call(unit: Unit, thing: Real, called: str) -> Try:
    """Planned and made ready, which is when the right is checked; but there is no row to call it for."""
    arguments = ", ".join(f"NULL::{type}" for type in thing.parts)
    mine = thing.schema == unit.schema and unit.writes(thing.schema, thing.name)
    return Try(thing.schema, f"call of {thing.name}", f"SELECT {called}({arguments}) WHERE false", mine)
