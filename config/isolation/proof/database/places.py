"""What every unit tries in every schema, on things made a moment ago."""

from collections.abc import Iterator

from config.isolation.manifest import Unit
from config.isolation.proof.database.attempt import Try
from config.isolation.proof.database.probes import NAME, Probe

READS = {
    "SELECT": "SELECT * FROM {t}",
    "SELECT one column": "SELECT note FROM {t}",
    "SELECT count": "SELECT count(*) FROM {t}",
    "COPY TO": "COPY (SELECT * FROM {t}) TO STDOUT",
    "LOCK as a reader does": "LOCK TABLE {t} IN ACCESS SHARE MODE",
}
WRITES = {
    "INSERT": "INSERT INTO {t} (note) VALUES ('x')",
    "INSERT defaults": "INSERT INTO {t} DEFAULT VALUES",
    "UPDATE": "UPDATE {t} SET note = 'y'",
    "DELETE": "DELETE FROM {t}",
    "DELETE USING": "DELETE FROM {t} USING (SELECT 1) s",
    "TRUNCATE": "TRUNCATE {t}",
    "MERGE, inserting": "MERGE INTO {t} USING (SELECT 1) s ON false WHEN NOT MATCHED THEN INSERT (note) VALUES ('x')",
    "MERGE, updating": "MERGE INTO {t} USING (SELECT 1) s ON true WHEN MATCHED THEN UPDATE SET note = 'y'",
    "MERGE, deleting": "MERGE INTO {t} USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    "upsert": "INSERT INTO {t} (note) VALUES ('x') ON CONFLICT DO NOTHING",
    "upsert, updating": "INSERT INTO {t} (note) VALUES ('x') ON CONFLICT (id) DO UPDATE SET note = 'y'",
    "COPY FROM": "COPY {t} (note) FROM STDIN",
    "SELECT FOR UPDATE": "SELECT * FROM {t} FOR UPDATE",
    "SELECT FOR KEY SHARE": "SELECT * FROM {t} FOR KEY SHARE",
    "LOCK": "LOCK TABLE {t} IN ACCESS EXCLUSIVE MODE",
    "LOCK as a writer does": "LOCK TABLE {t} IN ROW EXCLUSIVE MODE",
    "write in a WITH": "WITH w AS (DELETE FROM {t} RETURNING 1) SELECT * FROM w",
    "prepared write": "DEALLOCATE ALL; PREPARE p AS DELETE FROM {t}; EXECUTE p",
    "EXPLAIN ANALYZE of a write": "EXPLAIN ANALYZE DELETE FROM {t}",
    "write in a DO block": "DO 'BEGIN DELETE FROM {t}; END'",
}
THROUGH_A_VIEW = {
    "INSERT": "INSERT INTO {t}_view (note) VALUES ('x')",
    "UPDATE": "UPDATE {t}_view SET note = 'y'",
    "DELETE": "DELETE FROM {t}_view",
    "SELECT FOR UPDATE": "SELECT * FROM {t}_view FOR UPDATE",
}
CHANGES_OF_FORM = {
    "ALTER, adding a column": "ALTER TABLE {t} ADD COLUMN more text",
    "ALTER, renaming": "ALTER TABLE {t} RENAME TO {new}",
    "ALTER, taking it": "ALTER TABLE {t} OWNER TO CURRENT_USER",
    "ALTER, row security": "ALTER TABLE {t} ENABLE ROW LEVEL SECURITY",
    "ALTER, stopping triggers": "ALTER TABLE {t} DISABLE TRIGGER ALL",
    "DROP": "DROP TABLE {t} CASCADE",
    "CREATE INDEX": "CREATE INDEX ON {t} (note)",
    "CREATE TRIGGER": "CREATE TRIGGER {new} BEFORE UPDATE ON {t} FOR EACH ROW "
    "EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()",
    "CREATE RULE": "CREATE RULE {new} AS ON DELETE TO {t} DO INSTEAD NOTHING",
    "CREATE POLICY": "CREATE POLICY {new} ON {t}",
    "CREATE STATISTICS": "CREATE STATISTICS {s}.{new} ON id, note FROM {t}",
    "COMMENT": "COMMENT ON TABLE {t} IS 'x'",
    "GRANT to everybody": "GRANT INSERT ON {t} TO PUBLIC",
    "GRANT to another unit": "GRANT ALL ON {t} TO {other}",
    "REVOKE from another unit": "REVOKE ALL ON {t} FROM {other}",
}
OTHER_FORMS = {
    "DETACH PARTITION": "ALTER TABLE {t}_parted DETACH PARTITION {t}_part",
    "REINDEX": "REINDEX TABLE {t}",
    "REFRESH MATERIALIZED VIEW": "REFRESH MATERIALIZED VIEW {t}_matview",
    "DROP MATERIALIZED VIEW": "DROP MATERIALIZED VIEW {t}_matview",
    "CREATE OR REPLACE VIEW": "CREATE OR REPLACE VIEW {t}_view AS SELECT id, note FROM {t} WHERE false",
    "ALTER VIEW": "ALTER VIEW {t}_view OWNER TO CURRENT_USER",
    "DROP VIEW": "DROP VIEW {t}_view",
    "GRANT of a view": "GRANT INSERT ON {t}_view TO PUBLIC",
    "setval": "SELECT setval('{t}_seq', 9)",
    "setval of an identity": "SELECT setval('{t}_id_seq', 9)",
    "ALTER SEQUENCE": "ALTER SEQUENCE {t}_seq RESTART",
    "DROP SEQUENCE": "DROP SEQUENCE {t}_seq",
    "ALTER DOMAIN": "ALTER DOMAIN {t}_domain ADD CHECK (VALUE > 0)",
    "DROP DOMAIN": "DROP DOMAIN {t}_domain",
    "CREATE OR REPLACE FUNCTION": "CREATE OR REPLACE FUNCTION {t}_function() RETURNS int LANGUAGE sql AS 'SELECT 2'",
    "ALTER FUNCTION": "ALTER FUNCTION {t}_function() SECURITY DEFINER",
    "ALTER of a definer's function": "ALTER FUNCTION {t}_definer() RESET search_path",
    "DROP FUNCTION": "DROP FUNCTION {t}_function()",
    "GRANT of a function": "GRANT EXECUTE ON FUNCTION {t}_definer() TO PUBLIC",
    "CREATE TABLE": "CREATE TABLE {s}.{new} (id int)",
    "CREATE UNLOGGED TABLE": "CREATE UNLOGGED TABLE {s}.{new} (id int)",
    "CREATE TABLE AS": "CREATE TABLE {s}.{new} AS SELECT 1 AS id",
    "CREATE TABLE PARTITION OF": "CREATE TABLE {s}.{new} PARTITION OF {t}_parted FOR VALUES FROM (10) TO (20)",
    "SELECT INTO": "SELECT 1 AS id INTO {s}.{new}",
    "CREATE VIEW": "CREATE VIEW {s}.{new} AS SELECT 1 AS id",
    "CREATE MATERIALIZED VIEW": "CREATE MATERIALIZED VIEW {s}.{new} AS SELECT 1 AS id",
    "CREATE SEQUENCE": "CREATE SEQUENCE {s}.{new}",
    "CREATE FUNCTION": "CREATE FUNCTION {s}.{new}() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE PROCEDURE": "CREATE PROCEDURE {s}.{new}() LANGUAGE sql AS 'SELECT 1'",
    "CREATE AGGREGATE": "CREATE AGGREGATE {s}.{new} (int) (sfunc = int4pl, stype = int)",
    "CREATE TYPE": "CREATE TYPE {s}.{new} AS ENUM ('x')",
    "CREATE TYPE of columns": "CREATE TYPE {s}.{new} AS (id int)",
    "CREATE DOMAIN": "CREATE DOMAIN {s}.{new} AS int",
    "CREATE COLLATION": 'CREATE COLLATION {s}.{new} FROM "C"',
    "CREATE OPERATOR": "CREATE OPERATOR {s}.<!> (FUNCTION = int4pl, LEFTARG = int, RIGHTARG = int)",
    "CREATE TEXT SEARCH DICTIONARY": "CREATE TEXT SEARCH DICTIONARY {s}.{new} (TEMPLATE = simple)",
    "ALTER SCHEMA": "ALTER SCHEMA {s} RENAME TO {new}",
    "DROP SCHEMA": "DROP SCHEMA {s} CASCADE",
    "COMMENT ON SCHEMA": "COMMENT ON SCHEMA {s} IS 'x'",
    "GRANT of the schema": "GRANT CREATE ON SCHEMA {s} TO CURRENT_USER",
    "default privileges of the owner's": "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {s} GRANT ALL ON TABLES TO PUBLIC",
}  # fmt: skip
USES = {
    "nextval": "SELECT nextval('{t}_seq')",
    "nextval of an identity": "SELECT nextval('{t}_id_seq')",
    "SELECT from a sequence": "SELECT * FROM {t}_seq",
    "function": "SELECT {t}_function()",
    "definer's function": "SELECT {t}_definer()",
    "function that the planner may inline": "SELECT f FROM {t}_function() f",
}
TABLES = {"table": "", "partitioned table": "_parted", "partition": "_part"}


def tries(unit: Unit, probe: Probe, owner: str, other: str) -> Iterator[Try]:
    """`owner`, `other`: database roles, of the owner and of another unit than `unit`, quoted."""
    names = {"s": probe.schema, "new": f"{NAME}00000000", "owner": owner, "other": other}
    mine = probe.owner == unit
    reads = mine or probe.schema in unit.reads
    for kind, ending in TABLES.items():
        fill = names | {"t": probe.table + ending}
        yield from _each(probe.schema, kind, READS, fill, reads)
        if probe.its_own_from_the_start or not mine:
            yield from _each(probe.schema, kind, WRITES, fill, mine)
        yield from _each(probe.schema, kind, CHANGES_OF_FORM, fill, False)
    fill = names | {"t": probe.table}
    for kind in ("view", "matview"):
        yield Try(probe.schema, f"SELECT: {kind}", f"SELECT * FROM {probe.table}_{kind}", reads)
    if not mine:  # into one's own rows it is no matter of compartments
        yield from _each(probe.schema, "view", THROUGH_A_VIEW, fill, False)
    yield from _each(probe.schema, "", OTHER_FORMS, fill, False)
    if probe.its_own_from_the_start or not mine:
        yield from _each(probe.schema, "", USES, fill, mine)


def _each(place: str, kind: str, statements: dict[str, str], fill: dict[str, str], may: bool) -> Iterator[Try]:
    for verb, statement in statements.items():
        yield Try(place, f"{verb}: {kind}" if kind else verb, statement.format(**fill), may)
