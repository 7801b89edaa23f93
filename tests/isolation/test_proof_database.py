"""`isolation prove` at the database: silent on a sound hub, and every hole made on purpose is named."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from config.isolation import manifest, router
from config.isolation.database import grants, privileges
from config.isolation.manifest import BY_NAME, OWNER_ALIAS, UNITS, Unit
from config.isolation.proof.acts import Result
from config.isolation.proof.database import acts as database
from config.isolation.proof.database import attempt as database_try
from config.isolation.proof.database import probes as database_probes
from config.isolation.proof.database.attempt import Session, Try
from tests.isolation.conftest import connected

# They change or look at the whole server: one after the other, whichever process they run in.
pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.usefixtures("server_wide")]

EVERYTHING = """
SELECT 'relation', oid::regclass::text, relacl::text || relowner FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace
UNION ALL SELECT 'column', attrelid::regclass || attname, attacl::text FROM pg_attribute WHERE attacl IS NOT NULL
UNION ALL SELECT 'function', oid::regprocedure::text, proacl::text || proowner FROM pg_proc
UNION ALL SELECT 'type', typname || typnamespace, typacl::text || typowner FROM pg_type
    WHERE typnamespace <> 'pg_toast'::regnamespace
UNION ALL SELECT 'schema', nspname, nspacl::text || nspowner FROM pg_namespace
UNION ALL SELECT 'role', rolname, row(r.*)::text FROM pg_roles r WHERE rolname !~ %(others)s
UNION ALL SELECT 'member', roleid::regrole::text, member::regrole::text FROM pg_auth_members
    WHERE roleid::regrole::text !~ %(others)s AND member::regrole::text !~ %(others)s
UNION ALL SELECT 'database', datname, datacl::text FROM pg_database WHERE datname = current_database()
UNION ALL SELECT 'default', defaclrole::text || defaclnamespace || defaclobjtype::text, defaclacl::text FROM pg_default_acl
UNION ALL SELECT 'large object', oid::text, '' FROM pg_largeobject_metadata
UNION ALL SELECT 'prepared', gid, '' FROM pg_prepared_xacts
UNION ALL SELECT 'setting', name, setting FROM pg_settings WHERE name = 'application_name' AND sourcefile IS NOT NULL
ORDER BY 1, 2, 3
"""


@pytest.fixture(autouse=True)
def _django_db_marker(committed: None) -> None:
    """Instead of pytest-django's own, which empties every table after every test: no rows are changed here."""


def everything(connection: psycopg.Connection) -> list[Any]:
    """All that a proof could leave behind; but what belongs to the whole server may be another test process's."""
    others = f"hubtest(?!{re.escape(settings.HUB_ROLE_PREFIX.removeprefix('hubtest'))})"
    return connection.execute(EVERYTHING, {"others": others}).fetchall()


def surprises(*names: str) -> list[Result]:
    units = [BY_NAME[name] for name in names] or UNITS
    return [result for result in database.results(units) if result.surprise]


def test_nothing_surprises_on_a_sound_hub_and_it_takes_seconds() -> None:
    begun = time.monotonic()
    results = list(database.results())
    took = time.monotonic() - begun
    print(f"{len(results)} acts in {took:.1f} s")  # noqa: T201
    assert [result for result in results if result.surprise] == []
    assert len(results) >= 1500
    assert took < 20  # two or three on a machine with nothing else to do
    tried = {(result.act.unit, result.act.place) for result in results}
    assert tried == {(unit.name, place) for unit in UNITS for place in (*manifest.SCHEMAS, "beyond")}
    assert all({True, False} == {r.act.may for r in results if r.act.unit == unit.name} for unit in UNITS)


def test_nothing_is_left_behind(owner: psycopg.Connection) -> None:
    before = everything(owner)
    assert surprises() == []
    assert everything(owner) == before


def test_what_a_killed_proof_left_is_swept(owner: psycopg.Connection) -> None:
    before = everything(owner)
    database_probes.make(owner)
    assert everything(owner) != before
    assert surprises("monitor") == []
    assert everything(owner) == before


# What is spoilt, who then gets through, where, and with what.
HOLES = {
    "insert": ("GRANT INSERT ON servicetitan.st_customers TO {ghl}", "ghl", "servicetitan", "INSERT: st_customers"),
    "one column": (
        "GRANT UPDATE (name) ON servicetitan.st_customers TO {ghl}", "ghl", "servicetitan", "UPDATE: st_customers.name"),
    "delete": ("GRANT DELETE ON servicetitan.st_jobs TO {salesforce}", "salesforce", "servicetitan", "DELETE: st_jobs"),
    "truncate": (
        "GRANT TRUNCATE ON servicetitan.st_jobs TO {automation}", "automation", "servicetitan", "LOCK as a writer does: st_jobs"),
    "a partition": (
        "DO $$ BEGIN EXECUTE (SELECT 'GRANT INSERT ON ' || min(inhrelid::regclass::text) || ' TO {ghl}' FROM pg_inherits "
        "WHERE inhparent = 'servicetitan.st_changes'::regclass); END $$", "ghl", "servicetitan", "INSERT: st_changes_"),
    "everybody reads": (
        "GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT SELECT ON public.auth_user TO PUBLIC",
        "ghl", "public", "SELECT: auth_user"),
    "a schema to create in": (
        "GRANT CREATE ON SCHEMA integrations TO {automation}", "automation", "integrations", "CREATE TABLE"),
    "a sequence": (
        "GRANT USAGE ON SEQUENCE servicetitan.st_sync_log_id_seq TO {ghl}", "ghl", "servicetitan",
        "use of sequence st_sync_log_id_seq"),
    "a function": (
        "GRANT EXECUTE ON FUNCTION servicetitan.st_changes_maintain TO {ghl}",
        "ghl", "servicetitan", "call of st_changes_maintain"),
    "tables of the future": (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA servicetitan GRANT UPDATE ON TABLES TO {backoffice}",
        "backoffice", "servicetitan", "UPDATE: partition"),
    "functions of the future": (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA servicetitan GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "salesforce", "servicetitan", "definer's function"),
    "sequences of the future": (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA servicetitan GRANT ALL ON SEQUENCES TO {ghl}", "ghl", "servicetitan", "setval"),
    "a view to write through": (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA servicetitan GRANT DELETE ON TABLES TO {ghl}", "ghl", "servicetitan", "DELETE: view"),
    "a membership": ("GRANT {servicetitan} TO {ghl}", "ghl", "beyond", "become servicetitan"),
    "making roles": ("ALTER ROLE {ghl} CREATEROLE", "ghl", "beyond", "CREATE ROLE"),
    "making databases": ("ALTER ROLE {ghl} CREATEDB", "ghl", "beyond", "CREATE DATABASE"),
    "making schemas": ("GRANT CREATE ON DATABASE {database} TO {ghl}", "ghl", "beyond", "CREATE SCHEMA"),
    "temporary tables": ("GRANT TEMPORARY ON DATABASE {database} TO PUBLIC", "monitor", "beyond", "CREATE TEMP TABLE"),
    "the monitor writes": (
        "ALTER ROLE {monitor} SET default_transaction_read_only = off; GRANT UPDATE ON servicetitan.st_jobs TO {monitor}",
        "monitor", "servicetitan", "SELECT FOR UPDATE: st_jobs"),
    "the monitor may lift that it reads": (
        "GRANT INSERT ON servicetitan.st_jobs TO {monitor}", "monitor", "servicetitan", "INSERT: st_jobs"),
    "the monitor starts as a writer": (
        "ALTER ROLE {monitor} RESET default_transaction_read_only", "monitor", "beyond", "begin every transaction as a reader"),
    "a right less": ("REVOKE SELECT ON servicetitan.st_customers FROM {ghl}", "ghl", "servicetitan", "SELECT: st_customers"),
    "an own right less": (
        "REVOKE DELETE ON servicetitan.st_customers FROM {servicetitan}", "servicetitan", "servicetitan", "DELETE: st_customers"),
    "no login": ("ALTER ROLE {ghl} NOLOGIN", "ghl", "beyond", "log in"),
    "handing on": ("GRANT {ghl} TO {salesforce} WITH ADMIN OPTION", "salesforce", "beyond", "become ghl"),
}  # fmt: skip


@pytest.mark.parametrize("hole", HOLES)
def test_a_hole_is_found_and_named(owner: psycopg.Connection, hole: str) -> None:
    statement, unit, place, what = HOLES[hole]
    names = grants.role_names() | {"database": connections[OWNER_ALIAS].settings_dict["NAME"]}
    owner.execute(statement.format(**{key: f'"{name}"' for key, name in names.items()}))
    found = surprises(unit)
    assert [result.act for result in found if result.act.place == place and result.act.what.startswith(what)], found
    assert {result.act.unit for result in found} == {unit}


HOLES_OF_SUPERUSERS = {
    "writing everywhere": ("GRANT pg_write_all_data TO {ghl}", "become pg_write_all_data", "REVOKE pg_write_all_data FROM {ghl}"),
    "programs": (
        "GRANT pg_execute_server_program TO {ghl}", "become pg_execute_server_program",
        "REVOKE pg_execute_server_program FROM {ghl}"),
    "files": ("GRANT pg_write_server_files TO {ghl}", "become pg_write_server_files",
        "REVOKE pg_write_server_files FROM {ghl}"),
    "passwords": ("GRANT SELECT ON pg_authid TO {ghl}", "passwords: pg_authid", "REVOKE SELECT ON pg_authid FROM {ghl}"),
    "sessions": ("GRANT pg_signal_backend TO {ghl}", "become pg_signal_backend", "REVOKE pg_signal_backend FROM {ghl}"),
    "superuser": ("ALTER ROLE {ghl} SUPERUSER", "library: LOAD", "ALTER ROLE {ghl} NOSUPERUSER"),
    "large objects": (
        "GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid) TO PUBLIC", "large object: create",
        "REVOKE EXECUTE ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC"),
}  # fmt: skip


@pytest.mark.parametrize("hole", HOLES_OF_SUPERUSERS)
def test_a_hole_that_only_a_superuser_can_make_is_found(superuser: psycopg.Connection, hole: str, settings: Any) -> None:
    settings.HUB_TOLERATED_HOLES = ()
    before = everything(superuser)
    statement, what, undo = (text.format(ghl=f'"{grants.role_names()["ghl"]}"') for text in HOLES_OF_SUPERUSERS[hole])
    superuser.execute(statement)
    try:
        found = surprises("ghl")
        assert [result.act for result in found if result.act.place == "beyond" and result.act.what == what], found
    finally:
        superuser.execute(undo)
    assert everything(superuser) == before, "whatever got through is gone as well"


# --- inboxes and people's tables ---------------------------------------------------------------------------------------


@contextmanager
def declared(monkeypatch: pytest.MonkeyPatch, unit: Unit) -> Iterator[None]:
    """The manifest with another entry for one unit."""
    units = tuple(unit if each.name == unit.name else each for each in UNITS)
    with monkeypatch.context() as patch:
        for module in (manifest, privileges, grants, database, database_probes, router):
            if hasattr(module, "UNITS"):
                patch.setattr(module, "UNITS", units)
        patch.setitem(BY_NAME, unit.name, unit)
        yield


def test_an_inbox_takes_and_does_not_give(monkeypatch: pytest.MonkeyPatch, owner: psycopg.Connection) -> None:
    web = replace(BY_NAME["backoffice"], inboxes=("integrations.ghl_inbox",), peoples_tables=("automation.workflow_texts",))
    owner.execute("CREATE TABLE integrations.ghl_inbox (id int); CREATE TABLE automation.workflow_texts (id int)")
    try:
        with declared(monkeypatch, web):
            grants.apply()
            acts = {(r.act.what, r.act.may) for r in database.results([web]) if not r.surprise}
            assert {("INSERT: ghl_inbox", True), ("SELECT: ghl_inbox", False), ("DELETE: ghl_inbox", False)} <= acts
            assert {("UPDATE: workflow_texts.id", True), ("SELECT: workflow_texts", True)} <= acts
            owner.execute(f'GRANT SELECT ON integrations.ghl_inbox TO "{grants.role_names()["backoffice"]}"')
            assert [result.act.what for result in surprises("backoffice")] == ["SELECT: ghl_inbox"]
            owner.execute(f'REVOKE INSERT ON integrations.ghl_inbox FROM "{grants.role_names()["backoffice"]}"')
            assert "INSERT: ghl_inbox" in [result.act.what for result in surprises("backoffice")]
    finally:
        owner.execute("DROP TABLE integrations.ghl_inbox, automation.workflow_texts")


# --- the judge itself --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("may", [True, False])
@pytest.mark.parametrize("statement", ["SELEKT 1", "SELECT FROM servicetitan.st_no_such_table", "SELECT 1/0"])
def test_a_mistyped_try_looks_neither_refused_nor_done(statement: str, may: bool) -> None:
    with connected("servicetitan") as connection:
        (result,) = Session(BY_NAME["servicetitan"], connection).results([Try("servicetitan", "x", statement, may)])
    assert result.surprise
    assert "the try itself failed" in result.detail


def test_what_gets_through_is_rolled_back(owner: psycopg.Connection) -> None:
    tries = [
        Try("beyond", "a", "CREATE TABLE public.x_through (id int)"),
        Try("beyond", "b", "COPY servicetitan.st_tag_types FROM STDIN"),
        Try("beyond", "c", "COPY (SELECT 1) TO STDOUT"),
        Try("beyond", "d", "BEGIN; CREATE TABLE public.x_through (id int)"),
        Try("beyond", "e", "SELECT 1"),
    ]
    with connected(OWNER_ALIAS) as connection:
        assert [result.worked for result in Session(BY_NAME["ghl"], connection).results(tries)] == [True] * 5
    assert owner.execute("SELECT to_regclass('public.x_through')").fetchone() == (None,)


def test_a_grant_that_only_warns_is_a_refusal() -> None:
    with connected("ghl") as connection:
        tries = [Try("servicetitan", "x", "GRANT SELECT ON servicetitan.st_customers TO PUBLIC")]
        (result,) = Session(BY_NAME["ghl"], connection).results(tries)
    assert not result.worked
    assert set(database_try.REFUSALS) == {"42501", "25006", "01006", "01007"}
