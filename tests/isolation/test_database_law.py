"""Fence 3: for every pair of units and every way to write, the database refuses the foreign write and takes the own.

Raw SQL, COPY, TRUNCATE and DDL never pass the router: only the roles stand in their way.
"""

import psycopg
import pytest
from django.db import connections
from psycopg.errors import InsufficientPrivilege, ReadOnlySqlTransaction

from config.isolation.manifest import UNITS, Unit
from tests.isolation.conftest import OWNERS, Connect, probe

pytestmark = pytest.mark.django_db(databases=["owner"])

WRITES = {
    "insert": "INSERT INTO {t} (note) VALUES ('x')",
    "update": "UPDATE {t} SET note = 'y'",
    "delete": "DELETE FROM {t}",
    "truncate": "TRUNCATE {t}",
    "upsert": "INSERT INTO {t} (note) VALUES ('x') ON CONFLICT DO NOTHING",
    "merge": "MERGE INTO {t} USING (SELECT 1) s ON false WHEN NOT MATCHED THEN INSERT (note) VALUES ('x')",
    "lock": "LOCK TABLE {t} IN ACCESS EXCLUSIVE MODE",
    "cte": "WITH w AS (DELETE FROM {t} RETURNING 1) SELECT * FROM w",
    "into partition": "INSERT INTO {t}_part VALUES (1)",
    "into partitioned": "INSERT INTO {t}_parted VALUES (1)",
}
DDL = {
    "create table": "CREATE TABLE {t}_new (id int)",
    "create table as": "CREATE TABLE {t}_new AS SELECT 1 AS id",
    "alter": "ALTER TABLE {t} ADD COLUMN more text",
    "drop": "DROP TABLE {t}",
    "create index": "CREATE INDEX ON {t} (note)",
    "create view": "CREATE VIEW {t}_new AS SELECT 1 AS id",
    "create function": "CREATE FUNCTION {t}_new() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "create trigger": "CREATE TRIGGER x BEFORE INSERT ON {t} EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()",
}
REFUSED = (InsufficientPrivilege, ReadOnlySqlTransaction)
PAIRS = [
    pytest.param(actor, owner, id=f"{actor.name}->{owner.name}") for actor in UNITS for owner in OWNERS if actor != owner
]


def attempt(connection: psycopg.Connection, statement: str) -> None:
    """Execute and roll back, so that the next attempt finds everything as it was."""
    with connection.transaction(force_rollback=True):
        connection.execute(statement)


@pytest.mark.parametrize("verb", WRITES | DDL)
@pytest.mark.parametrize(("actor", "owner"), PAIRS)
def test_foreign_write_is_refused(as_unit: Connect, actor: Unit, owner: Unit, verb: str) -> None:
    with pytest.raises(REFUSED):
        attempt(as_unit(actor.name), (WRITES | DDL)[verb].format(t=probe(owner)))


@pytest.mark.parametrize(("actor", "owner"), PAIRS)
def test_foreign_copy_is_refused(as_unit: Connect, actor: Unit, owner: Unit) -> None:
    with pytest.raises(REFUSED), as_unit(actor.name).cursor().copy(f"COPY {probe(owner)} (note) FROM STDIN") as copy:
        copy.write_row(["x"])


@pytest.mark.parametrize("verb", WRITES)
@pytest.mark.parametrize("owner", OWNERS, ids=lambda unit: unit.name)
def test_own_write_works(as_unit: Connect, owner: Unit, verb: str) -> None:
    attempt(as_unit(owner.name), WRITES[verb].format(t=probe(owner)))


@pytest.mark.parametrize("owner", OWNERS, ids=lambda unit: unit.name)
def test_own_copy_works(as_unit: Connect, owner: Unit) -> None:
    connection = as_unit(owner.name)
    with connection.transaction(force_rollback=True):
        with connection.cursor().copy(f"COPY {probe(owner)} (note) FROM STDIN") as copy:
            copy.write_row(["x"])
        assert connection.execute(f"SELECT note FROM {probe(owner)}").fetchall() == [("x",)]


@pytest.mark.parametrize("verb", DDL)
@pytest.mark.parametrize("owner", OWNERS, ids=lambda unit: unit.name)
def test_own_ddl_is_refused(as_unit: Connect, owner: Unit, verb: str) -> None:
    """Tables are the owner's alone: a unit cannot make one that nobody declared."""
    with pytest.raises(REFUSED):
        attempt(as_unit(owner.name), DDL[verb].format(t=probe(owner)))


@pytest.mark.parametrize("kind", ["", "_view", "_part"])
@pytest.mark.parametrize("actor", UNITS, ids=lambda unit: unit.name)
@pytest.mark.parametrize("owner", OWNERS, ids=lambda unit: unit.name)
def test_reading_is_as_the_manifest_says(as_unit: Connect, actor: Unit, owner: Unit, kind: str) -> None:
    allowed = actor == owner or owner.schema in actor.reads
    statement = f"SELECT * FROM {probe(owner)}{kind}"
    if allowed:
        attempt(as_unit(actor.name), statement)
    else:
        with pytest.raises(InsufficientPrivilege):
            attempt(as_unit(actor.name), statement)


@pytest.mark.parametrize("actor", UNITS, ids=lambda unit: unit.name)
@pytest.mark.parametrize("owner", OWNERS, ids=lambda unit: unit.name)
def test_functions_are_the_units_own(as_unit: Connect, actor: Unit, owner: Unit) -> None:
    statement = f"SELECT {probe(owner)}_function()"
    if actor == owner:
        attempt(as_unit(actor.name), statement)
    else:
        with pytest.raises(InsufficientPrivilege):
            attempt(as_unit(actor.name), statement)


ESCAPES = {
    "become the owner": "SET ROLE {owner}",
    "become another unit": "SET ROLE {other}",
    "session authorization": "SET SESSION AUTHORIZATION {other}",
    "temporary table": "CREATE TEMP TABLE t (id int)",
    "new schema": "CREATE SCHEMA mine",
    "new role": "CREATE ROLE mine LOGIN",
    "new database": "CREATE DATABASE mine",
    "extension": "CREATE EXTENSION dblink SCHEMA public",
    "program": "COPY (SELECT 1) TO PROGRAM 'true'",
    "server file": "COPY (SELECT 1) TO '/tmp/out'",
    "other settings": "ALTER SYSTEM SET fsync = off",
    "no statement limit for all": "ALTER ROLE {other} SET statement_timeout = 0",
}


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.parametrize("actor", UNITS, ids=lambda unit: unit.name)
def test_no_way_out_of_the_role(as_unit: Connect, actor: Unit, escape: str) -> None:
    connection = as_unit(actor.name)
    other = next(unit for unit in UNITS if unit != actor)
    names = {"owner": _owner_role(), "other": as_unit(other.name).info.user}
    connection.autocommit = True
    with pytest.raises((*REFUSED, psycopg.errors.ActiveSqlTransaction)):
        connection.execute(ESCAPES[escape].format(**names))


def test_the_monitor_cannot_write_even_where_it_might_be_granted(as_unit: Connect) -> None:
    monitor = as_unit("monitor")
    assert monitor.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
    for unit in OWNERS:
        with pytest.raises(REFUSED):
            monitor.execute(f"DELETE FROM {probe(unit)}")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_each_role_has_its_limits(as_unit: Connect, unit: Unit) -> None:
    connection = as_unit(unit.name)
    assert connection.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("2min",)
    assert connection.execute("SELECT setting::int / 1000 FROM pg_settings WHERE name = 'statement_timeout'").fetchone() == (
        unit.statement_timeout_s,
    )
    row = connection.execute(
        "SELECT rolconnlimit, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication FROM pg_roles "
        "WHERE rolname = current_user"
    ).fetchone()
    assert row == (unit.connection_limit, False, False, False, False, False)


def _owner_role() -> str:

    return str(connections["owner"].settings_dict["USER"])
