"""`isolation apply` and `check`: the database is what the manifest says, drift is found, and mended."""

import json
from collections.abc import Iterator
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections

from config.isolation import grants
from config.isolation.manifest import OWNER_ALIAS
from tests.isolation.conftest import connected

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def role(unit: str) -> str:
    return grants.role_names()[unit]


@pytest.fixture
def owner() -> Iterator[psycopg.Connection]:
    """The owner, to spoil things with; what is spoilt is mended afterwards."""
    with connected(OWNER_ALIAS) as connection:
        yield connection
        grants.apply()


def check() -> list[str]:
    """What differs; the command's exit status must say the same."""
    out, status = StringIO(), 0
    try:
        call_command("isolation", "check", "--json", stdout=out)
    except SystemExit as end:
        status = int(end.code or 0)
    found = list(json.loads(out.getvalue())["changes"])
    assert status == bool(found)
    return found


def test_after_migrate_nothing_differs_and_apply_changes_nothing() -> None:
    assert check() == []
    assert grants.apply().changes == []


DRIFT = {
    "a grant more": "GRANT INSERT ON servicetitan.st_customers TO {ghl}",
    "a grant more, by column": "GRANT UPDATE (name) ON servicetitan.st_customers TO {ghl}",
    "a grant less": "REVOKE SELECT ON servicetitan.st_customers FROM {ghl}",
    "a grant to everybody": "GRANT SELECT ON servicetitan.st_customers TO PUBLIC",
    "a schema opened": "GRANT CREATE ON SCHEMA integrations TO {automation}",
    "a schema closed": "REVOKE USAGE ON SCHEMA servicetitan FROM {salesforce}",
    "temporary tables": "GRANT TEMPORARY ON DATABASE {database} TO PUBLIC",
    "tables of the future": "ALTER DEFAULT PRIVILEGES IN SCHEMA servicetitan GRANT INSERT ON TABLES TO {ghl}",
    "functions of the future": "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
    "a function for everybody": "GRANT EXECUTE ON FUNCTION servicetitan.st_changes_maintain(integer, interval) TO PUBLIC",
    "a power": "ALTER ROLE {ghl} CREATEROLE",
    "no limit": "ALTER ROLE {ghl} CONNECTION LIMIT -1",
    "another limit": "ALTER ROLE {ghl} SET statement_timeout = 0",
    "a strange setting": "ALTER ROLE {monitor} SET default_transaction_read_only = off",
    "a membership": "GRANT {servicetitan} TO {ghl}",
    "another password": "ALTER ROLE {ghl} PASSWORD 'lost'",
    "no login": "ALTER ROLE {ghl} NOLOGIN",
}


@pytest.mark.parametrize("drift", DRIFT)
def test_drift_is_found_and_mended(owner: psycopg.Connection, drift: str) -> None:
    names = grants.role_names() | {"database": connections[OWNER_ALIAS].settings_dict["NAME"]}
    owner.execute(DRIFT[drift].format(**{key: f'"{name}"' for key, name in names.items()}))
    found = check()
    assert found, drift
    assert check() == found, "check must change nothing"
    outcome = grants.apply()
    assert sorted(outcome.changes) == sorted(found)
    assert outcome.refused == []
    assert check() == []


def test_a_role_that_was_dropped_comes_back(owner: psycopg.Connection) -> None:
    owner.execute(f'GRANT "{role("monitor")}" TO CURRENT_USER')
    owner.execute(f'DROP OWNED BY "{role("monitor")}"')
    owner.execute(f'DROP ROLE "{role("monitor")}"')
    grants.apply()
    assert check() == []
    with connected("monitor") as monitor:
        assert monitor.execute("SELECT count(*) FROM servicetitan.st_customers").fetchone() == (0,)


def test_a_table_nobody_owns_is_nobodys_to_write(owner: psycopg.Connection) -> None:
    owner.execute("CREATE TABLE integrations.hubspot_contacts (id int)")
    try:
        grants.apply()
        with connected("ghl") as ghl, pytest.raises(psycopg.errors.InsufficientPrivilege):
            ghl.execute("INSERT INTO integrations.hubspot_contacts VALUES (1)")
    finally:
        owner.execute("DROP TABLE integrations.hubspot_contacts")


def test_apply_says_what_it_is_not_allowed_to_mend(monkeypatch: pytest.MonkeyPatch, owner: psycopg.Connection) -> None:
    """A table made by somebody else is not the owner's to grant: it is reported, not swallowed."""
    owner.execute(f'GRANT CREATE ON SCHEMA servicetitan TO "{role("servicetitan")}"')
    with connected("servicetitan") as stranger:
        stranger.execute("CREATE TABLE servicetitan.st_stray (id int)")
        try:
            outcome = grants.apply()
            assert any("st_stray" in refusal for refusal in outcome.refused)
            with pytest.raises(SystemExit):
                call_command("isolation", "apply", stdout=StringIO(), stderr=StringIO())
        finally:
            stranger.execute("DROP TABLE servicetitan.st_stray")
