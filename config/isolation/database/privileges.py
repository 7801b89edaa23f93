"""Fence 3, what should be: every privilege the manifest grants, compared with every privilege that exists.

Wanted minus found is granted, found minus wanted is revoked; so one comparison serves `isolation apply`,
`isolation check` and the tests. Of roles unknown to the manifest what writes is taken, and what only reads is noted.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from config.isolation.database.findings import Cast, Finding, Note, Step
from config.isolation.database.found import FOUND, OBJECTS
from config.isolation.database.granting import HANDED_ON, Target, statement, words
from config.isolation.manifest import SCHEMAS, UNITS, Unit, owner_of, owns_whole_schema

DML = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")

# Kinds of object, as GRANT names them. "DEFAULT x" stands for objects of kind x made in future.
_KINDS = {"r": "TABLE", "p": "TABLE", "v": "TABLE", "m": "TABLE", "f": "TABLE", "S": "SEQUENCE"}
# What a stranger may be left with: these change nothing in a unit's schema.
_HARMLESS = {"DATABASE": ("CONNECT", "TEMPORARY", "CREATE"), "SCHEMA": ("USAGE",), "FUNCTION": ("EXECUTE",)}


class Thing(NamedTuple):
    """A relation or function. `numbers`: the table whose rows a sequence numbers."""

    kind: str
    schema: str
    name: str
    numbers: str | None

    @property
    def covered_name(self) -> str:
        """The name that a unit's pattern must cover."""
        return (self.numbers or self.name).partition("(")[0]


Privileges = dict[Target, set[str]]


@dataclass(frozen=True)
class Drift:
    """`missing` is wanted and absent; `extra` exists and nobody wants it; `readers` are strangers who look."""

    missing: Privileges
    extra: Privileges
    readers: dict[tuple[str, str], int]  # (role, schema) -> number of privileges


def find(cursor: Any, who: Cast) -> Iterator[Finding]:
    drift = compare(cursor, who.roles)
    for verb, wrong in (("REVOKE", drift.extra), ("GRANT", drift.missing)):
        for target, rights in sorted(wrong.items()):
            mends = statement(target, rights, verb)
            lent = who.borrowing(target.maker, mends) if target.maker else mends
            yield Step(words(target, rights, verb), lent, mends.as_string())
    for (role, schema), count in sorted(drift.readers.items()):
        yield Note(f"role {role}, which the manifest does not know, reads {schema} ({count} privileges)")


def compare(cursor: Any, roles: dict[str, str]) -> Drift:
    """Compare the database `cursor` is connected to with the manifest. `roles`: unit name -> database role."""
    missing, extra = _wanted(cursor, roles), defaultdict(set)
    readers: dict[tuple[str, str], int] = defaultdict(int)
    cursor.execute(FOUND, {"schemas": list(SCHEMAS), "units": list(roles.values())})
    wanted = {target: frozenset(rights) for target, rights in missing.items()}
    for kind, name, grantee, right, grantable, by_owner, maker, stranger in cursor.fetchall():
        target = Target(kind, name, grantee, maker)
        if stranger and _only_looks(kind, right):
            readers[grantee, name.partition(".")[0]] += kind not in ("DATABASE", "SCHEMA")
            continue
        if grantable:
            extra[target].add(HANDED_ON + right)
        if right not in wanted.get(target, ()):
            extra[target].add(right)
        elif by_owner:  # what somebody else granted goes with his right to hand it on
            missing[target].discard(right)
    looks = {key: count for key, count in readers.items() if count}
    return Drift({target: rights for target, rights in missing.items() if rights}, dict(extra), looks)


def _only_looks(kind: str, right: str) -> bool:
    return right == "SELECT" or right in _HARMLESS.get(kind.removeprefix("DEFAULT ").rstrip("S"), ())


def things(cursor: Any) -> list[Thing]:
    cursor.execute(OBJECTS, {"schemas": list(SCHEMAS)})
    return [Thing(*row) for row in cursor.fetchall()]


def _wanted(cursor: Any, roles: dict[str, str]) -> Privileges:
    cursor.execute("SELECT current_database()")
    database = cursor.fetchone()[0]
    found = things(cursor)
    wanted: Privileges = {}
    for unit in UNITS:
        role = roles[unit.name]
        wanted[Target("DATABASE", database, role)] = {"CONNECT"}
        wanted |= {Target(kind, schema, role): set(rights) for kind, schema, rights in _on_schemas(unit)}
        for thing in found:
            if rights := _rights(unit, thing):
                wanted[Target(_KINDS.get(thing.kind, "FUNCTION"), f"{thing.schema}.{thing.name}", role)] = set(rights)
    return wanted


def _on_schemas(unit: Unit) -> Iterator[tuple[str, str, Iterable[str]]]:
    elsewhere = {name.split(".")[0] for name in (*unit.peoples_tables, *unit.inboxes)}
    for schema in {*unit.reads, *elsewhere, *([unit.schema] if unit.schema else [])}:
        yield "SCHEMA", schema, ("USAGE",)
    for schema in unit.reads:
        yield "DEFAULT TABLES", schema, ("SELECT",)
    if unit.schema and owns_whole_schema(unit):
        yield "DEFAULT TABLES", unit.schema, DML
        yield "DEFAULT SEQUENCES", unit.schema, ("SELECT", "USAGE")
        yield "DEFAULT FUNCTIONS", unit.schema, ("EXECUTE",)


def _rights(unit: Unit, thing: Thing) -> Iterable[str]:
    """What `unit` may do with one existing object."""
    mine = owner_of(thing.schema, thing.covered_name) == unit
    if thing.kind == "function":
        return ("EXECUTE",) if mine else ()
    if thing.kind == "S":
        return ("SELECT", "USAGE") if mine or unit.writes(thing.schema, thing.covered_name) else ()
    if mine or unit.writes(thing.schema, thing.name):
        return DML if thing.kind in "rp" else ("SELECT",)
    if f"{thing.schema}.{thing.name}" in unit.inboxes:
        return ("INSERT",)
    return ("SELECT",) if thing.schema in unit.reads else ()
