"""`isolation check` finds what lies in the schemas and should not, and what was left open by PostgreSQL itself."""

import time
from collections.abc import Callable
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from psycopg.errors import InsufficientPrivilege

from config.isolation.database import grants, large_objects
from config.isolation.manifest import OWNER_ALIAS, UNITS
from tests.isolation.conftest import check, connected
from tests.isolation.drift import Names, assert_mended, owner_is_superuser

# They change or look at the whole server: one after the other, whichever process they run in.
pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.usefixtures("server_wide")]


@pytest.fixture(autouse=True)
def _django_db_marker(committed: None) -> None:
    """Instead of pytest-django's own, which empties every table after every test: no rows are changed here."""


# --- what lies in the schemas -----------------------------------------------------------------------------------------


def test_a_new_schema_is_closed_and_named(owner: psycopg.Connection, names: Names) -> None:
    owner.execute("CREATE SCHEMA hubspot; CREATE TABLE hubspot.contacts (id int)")
    try:
        assert check() == ([], [])
        assert [note for note in grants.apply().notes if "hubspot" in note]
        owner.execute("GRANT CREATE, USAGE ON SCHEMA hubspot TO PUBLIC; GRANT USAGE ON SCHEMA hubspot TO {ghl}".format(**names))
        assert_mended("schema hubspot")
        for unit in UNITS:
            with connected(unit.alias) as login, pytest.raises(InsufficientPrivilege):
                login.execute("SELECT FROM hubspot.contacts")
    finally:
        owner.execute("DROP SCHEMA hubspot CASCADE")


UNDECLARED = {
    "table": "CREATE TABLE integrations.hubspot_x (id int)",
    "view": "CREATE VIEW integrations.hubspot_x AS SELECT 1 AS id",
    "sequence": "CREATE SEQUENCE integrations.hubspot_x",
    "function": "CREATE FUNCTION integrations.hubspot_x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
}


@pytest.mark.parametrize("kind", UNDECLARED)
def test_what_no_unit_owns_is_named_and_nobodys_to_write(owner: psycopg.Connection, kind: str) -> None:
    owner.execute(UNDECLARED[kind])
    try:
        assert [what for what in check()[1] if f"{kind} integrations.hubspot_x" in what]
        outcome = grants.apply()
        assert outcome.changes
        assert [what for what in outcome.refused if "hubspot_x" in what]
        assert check()[0] == []
        for unit in UNITS:
            row = owner.execute(WRITABLE[kind], {"role": grants.role_names()[unit.name]}).fetchone()
            assert row == (False,), unit.name
    finally:
        owner.execute(f"DROP {kind} integrations.hubspot_x")
    assert check() == ([], [])


WRITABLE = {
    "table": "SELECT has_any_column_privilege(%(role)s, 'integrations.hubspot_x', 'INSERT, UPDATE') "
    "OR has_table_privilege(%(role)s, 'integrations.hubspot_x', 'DELETE, TRUNCATE, TRIGGER')",
    "view": "SELECT has_table_privilege(%(role)s, 'integrations.hubspot_x', 'INSERT, UPDATE, DELETE')",
    "sequence": "SELECT has_sequence_privilege(%(role)s, 'integrations.hubspot_x', 'USAGE, UPDATE')",
    "function": "SELECT has_function_privilege(%(role)s, 'integrations.hubspot_x()', 'EXECUTE')",
}

STOLEN = {
    "table": "CREATE TABLE servicetitan.st_stray (id bigint GENERATED ALWAYS AS IDENTITY)",
    "view": "CREATE VIEW servicetitan.st_stray AS SELECT 1 AS id",
    "sequence": "CREATE SEQUENCE servicetitan.st_stray",
    "function": "CREATE FUNCTION servicetitan.st_stray() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "type": "CREATE TYPE servicetitan.st_stray AS (id int)",
    "domain": "CREATE DOMAIN servicetitan.st_stray AS int",
}


@pytest.mark.parametrize("kind", STOLEN)
def test_what_a_unit_made_is_taken_from_it(owner: psycopg.Connection, names: Names, kind: str) -> None:
    """An owner may do everything, whatever is revoked."""
    owner.execute("GRANT CREATE ON SCHEMA servicetitan TO {servicetitan}".format(**names))
    with connected("servicetitan") as unit:
        unit.execute(STOLEN[kind])
    try:
        assert_mended("who owns it")
        with connected("servicetitan") as unit, pytest.raises(InsufficientPrivilege):
            unit.execute(f"DROP {kind} servicetitan.st_stray")
    finally:
        owner.execute(f"DROP {kind} servicetitan.st_stray")


def test_a_schema_of_a_strangers_is_taken_back(owner: psycopg.Connection, stranger: str, names: Names) -> None:
    owner.execute(
        f"GRANT {stranger} TO CURRENT_USER; GRANT CREATE ON DATABASE {names['database']} TO {stranger};"
        f"ALTER SCHEMA salesforce OWNER TO {stranger}; REVOKE {stranger} FROM CURRENT_USER"
    )
    assert_mended(f"schema salesforce from {stranger}")


def test_what_a_superuser_made_is_reported_with_what_he_must_run(superuser: psycopg.Connection, names: Names) -> None:
    if owner_is_superuser():
        pytest.skip("the owner is the superuser")
    superuser.execute("CREATE TABLE servicetitan.st_stray (id int)")
    try:
        assert [what for what in check()[0] if "table servicetitan.st_stray" in what]
        refused = grants.apply().refused
        statement = next(what for what in refused if "who owns it" in what).split("superuser can: ")[1]
        with pytest.raises(SystemExit):
            call_command("isolation", "apply", stdout=StringIO(), stderr=StringIO())
        superuser.execute(statement)
        assert grants.apply().refused == []
        assert check() == ([], [])
    finally:
        superuser.execute("DROP TABLE servicetitan.st_stray")


FOREIGN_CODE = "CREATE FUNCTION integrations.ghl_x() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
TROUBLE = {
    "a trigger that runs foreign code": (
        f"{FOREIGN_CODE}; CREATE TRIGGER x BEFORE INSERT ON servicetitan.st_customers EXECUTE FUNCTION integrations.ghl_x()",
        "trigger x on servicetitan.st_customers", "DROP FUNCTION integrations.ghl_x CASCADE"),
    "a rule": (
        "CREATE RULE x AS ON INSERT TO servicetitan.st_customers DO ALSO DELETE FROM public.django_session",
        "rule x on servicetitan.st_customers", "DROP RULE x ON servicetitan.st_customers"),
    "a definer's function without its own names": (
        "CREATE FUNCTION servicetitan.st_x() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'",
        "servicetitan.st_x()", "DROP FUNCTION servicetitan.st_x"),
}  # fmt: skip
TROUBLE_OF_SUPERUSERS = {
    "an event trigger": (
        "CREATE FUNCTION public.x() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        "ALTER FUNCTION public.x() OWNER TO {owner}; CREATE EVENT TRIGGER x ON ddl_command_end EXECUTE FUNCTION public.x()",
        "event trigger x", "DROP EVENT TRIGGER x; DROP FUNCTION public.x"),
    "a foreign server": (
        "CREATE FOREIGN DATA WRAPPER x; CREATE SERVER x FOREIGN DATA WRAPPER x",
        "foreign server x", "DROP FOREIGN DATA WRAPPER x CASCADE"),
}  # fmt: skip


def assert_reported(connection: psycopg.Connection, trouble: tuple[str, str, str], names: Names) -> None:
    statement, word, undo = trouble
    connection.execute(statement.format(**names))
    try:
        assert [what for what in check()[1] if word in what]
        assert [what for what in grants.apply().refused if word in what]
    finally:
        connection.execute(undo)
    assert check() == ([], [])


@pytest.mark.parametrize("kind", TROUBLE)
def test_what_runs_by_itself_is_reported(owner: psycopg.Connection, names: Names, kind: str) -> None:
    assert_reported(owner, TROUBLE[kind], names)


@pytest.mark.parametrize("kind", TROUBLE_OF_SUPERUSERS)
def test_what_a_superuser_added_is_reported(superuser: psycopg.Connection, names: Names, kind: str) -> None:
    names["owner"] = connections[OWNER_ALIAS].settings_dict["USER"]
    assert_reported(superuser, TROUBLE_OF_SUPERUSERS[kind], names)


NOTED = {
    "a publication": ("CREATE PUBLICATION x FOR TABLE servicetitan.st_customers", "publication x", "DROP PUBLICATION x"),
    "row security": ("ALTER TABLE servicetitan.st_customers ENABLE ROW LEVEL SECURITY", "row security",
                     "ALTER TABLE servicetitan.st_customers DISABLE ROW LEVEL SECURITY"),
    "dblink": ("CREATE EXTENSION dblink SCHEMA public", "extension dblink", "DROP EXTENSION dblink"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", NOTED)
def test_what_is_only_dangerous_is_noted(superuser: psycopg.Connection, kind: str) -> None:
    statement, word, undo = NOTED[kind]
    superuser.execute(statement)
    try:
        assert check() == ([], [])
        assert [note for note in grants.apply().notes if word in note]
    finally:
        superuser.execute(undo)
    assert not [note for note in grants.apply().notes if word in note]


# --- large objects ------------------------------------------------------------------------------------------------------


def test_nobody_makes_large_objects(superuser: psycopg.Connection) -> None:
    """Also not in a test database: it is a copy of template1, which the launcher has closed as well."""
    for unit in UNITS:
        with connected(unit.alias) as login, pytest.raises(InsufficientPrivilege):
            login.execute("SELECT lo_create(0)")


def test_open_large_objects_are_found_and_closed_by_who_may(
    superuser: psycopg.Connection, names: Names, settings: Any
) -> None:
    settings.HUB_TOLERATED_HOLES = ()
    superuser.execute("GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid), pg_catalog.lowrite(integer, bytea) TO PUBLIC")
    try:
        if owner_is_superuser():
            assert_mended("large objects")
            return
        found = [what for what in check()[1] if "large objects" in what]
        assert grants.apply().refused == found
        settings.HUB_TOLERATED_HOLES = ("large-objects",)
        assert check() == ([], [])
        assert [note for note in grants.apply().notes if "large objects" in note]
        settings.HUB_TOLERATED_HOLES = ()
        superuser.execute(found[0].split("in this database: ")[1].split(";")[0])
        assert check() == ([], [])
    finally:
        large_objects.close(superuser)


# --- holes of other systems ------------------------------------------------------------------------------------------------


def assert_foreign_writes_refused(table: str) -> None:
    for unit in UNITS:
        if unit.schema != table.partition(".")[0]:
            with connected(unit.alias) as login, pytest.raises((InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
                login.execute(f"DELETE FROM {table}")


PARTITION = "PARTITION OF servicetitan.st_changes FOR VALUES FROM ('1990-01-01') TO ('1990-02-01')"


@pytest.mark.parametrize("making", ["(id int)", PARTITION])
def test_a_table_made_between_two_runs_is_closed_from_its_first_moment(owner: psycopg.Connection, making: str) -> None:
    owner.execute(f"CREATE TABLE servicetitan.st_new {making}")
    try:
        assert_foreign_writes_refused("servicetitan.st_new")
        assert check() == ([], [])
    finally:
        owner.execute("DROP TABLE servicetitan.st_new")


def test_partitions_that_the_sync_makes_are_closed_from_their_first_moment(owner: psycopg.Connection) -> None:
    with connected("servicetitan") as sync:
        row = sync.execute("SELECT servicetitan.st_changes_maintain(14, interval '90 days')").fetchone()
    made = [f"servicetitan.{done.removeprefix('created ')}" for done in (row or [[]])[0]]
    assert made
    try:
        for partition in made:
            assert_foreign_writes_refused(partition)
        assert check() == ([], [])
    finally:
        owner.execute(f"DROP TABLE {', '.join(made)}")


def test_many_partitions_cost_little(owner: psycopg.Connection) -> None:
    names = [f"servicetitan.st_many_{n}" for n in range(200)]
    owner.execute("CREATE TABLE servicetitan.st_many (id int) PARTITION BY LIST (id)")
    try:
        for n, name in enumerate(names):
            owner.execute(f"CREATE TABLE {name} PARTITION OF servicetitan.st_many FOR VALUES IN ({n})")
        owner.execute(f"REVOKE ALL ON {', '.join(names)} FROM {grants.role_names()['servicetitan']}")
        mending = timed(grants.apply)
        looking = timed(grants.apply)
        print(f"200 partitions: mended in {mending:.2f} s, looked at in {looking:.2f} s")  # noqa: T201
        assert mending < 10
        assert looking < 3
    finally:
        owner.execute("DROP TABLE servicetitan.st_many")


def timed(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun
