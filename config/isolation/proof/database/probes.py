"""Things made a moment ago in every compartment, without any further grant, and taken away again."""

import secrets
from dataclasses import dataclass
from typing import Any

from config.isolation.manifest import UNITS, Unit, owns_whole_schema

NAME = "isolation_probe_"

_MAKE = """
CREATE TABLE {p} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
INSERT INTO {p} (note) VALUES ('probe');
CREATE TABLE {p}_parted (id int DEFAULT 1 PRIMARY KEY, note text) PARTITION BY RANGE (id);
CREATE TABLE {p}_part PARTITION OF {p}_parted FOR VALUES FROM (0) TO (9);
CREATE VIEW {p}_view AS SELECT id, note FROM {p};
CREATE MATERIALIZED VIEW {p}_matview AS SELECT 1 AS id;
CREATE SEQUENCE {p}_seq;
CREATE DOMAIN {p}_domain AS int;
CREATE FUNCTION {p}_function() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION {p}_definer() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'BEGIN INSERT INTO {p} (note) VALUES (''x''); END';
"""

# What a proof makes, and what a fence with a hole may have let a unit make. The owner drops what is its own.
_LEFT = """
SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
       quote_ident(nspname) || '.' || quote_ident(relname) AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND relname ~ %(name)s
  AND NOT (relkind = 'S' AND EXISTS (
      SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
      AND d.refobjsubid > 0))
UNION ALL
SELECT 'DOMAIN', quote_ident(nspname) || '.' || quote_ident(typname)
FROM pg_type JOIN pg_namespace n ON n.oid = typnamespace WHERE typtype = 'd' AND typname ~ %(name)s
UNION ALL
SELECT 'FUNCTION', quote_ident(nspname) || '.' || quote_ident(proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')'
FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE proname ~ %(name)s
UNION ALL
SELECT 'DATABASE', quote_ident(datname) FROM pg_database WHERE datname ~ %(name)s
"""


@dataclass(frozen=True)
class Probe:
    """`table` is its qualified name; the other things are called like it, with an ending."""

    owner: Unit
    schema: str
    table: str

    @property
    def its_own_from_the_start(self) -> bool:
        """Where units share a schema, what is made there is nobody's until `isolation apply` has seen its name."""
        return owns_whole_schema(self.owner)


def make(connection: Any) -> list[Probe]:
    """As the owner."""
    name = f"{NAME}{secrets.token_hex(4)}"
    probes = []
    for unit in UNITS:
        pattern = next((pattern for pattern in unit.tables if "*" in pattern), None)
        if unit.schema and pattern:
            probes.append(Probe(unit, unit.schema, f"{unit.schema}.{pattern.replace('*', name, 1).replace('*', '')}"))
    connection.execute("".join(_MAKE.format(p=probe.table) for probe in probes))
    return probes


def sweep(connection: Any) -> None:
    """As the owner, and only one proof at a time: it takes those of all others."""
    left = connection.execute(_LEFT, {"name": f"{NAME}[0-9a-f]{{8}}"}).fetchall()
    drops = [f"DROP {kind} IF EXISTS {name} CASCADE" for kind, name in left if kind != "DATABASE"]
    if drops:
        connection.execute("; ".join(drops))
    for kind, name in left:
        if kind == "DATABASE":  # cannot be in a transaction, which several statements are
            connection.execute(f"DROP DATABASE IF EXISTS {name}")
