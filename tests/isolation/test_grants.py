"""`isolation apply` and `check`: the database is what the manifest says, drift is found, and mended."""

import psycopg
import pytest
from django.db import connections

from config.isolation.database import grants
from config.isolation.manifest import OWNER_ALIAS
from tests.isolation.conftest import check, connected

# They change or look at the whole server: one after the other, whichever process they run in.
pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.usefixtures("server_wide")]


@pytest.fixture(autouse=True)
def _django_db_marker(committed: None) -> None:
    """Instead of pytest-django's own, which empties every table after every test: no rows are changed here."""



def role(unit: str) -> str:
    return grants.role_names()[unit]


def test_after_migrate_nothing_differs_and_apply_changes_nothing() -> None:
    assert check() == ([], [])
    outcome = grants.apply()
    assert (outcome.changes, outcome.refused) == ([], [])


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
    found, troubles = check()
    assert found, drift
    assert troubles == []
    assert check() == (found, []), "check must change nothing"
    outcome = grants.apply()
    assert sorted(outcome.changes) == sorted(found)
    assert outcome.refused == []
    assert check() == ([], [])


def test_a_role_that_was_dropped_comes_back(owner: psycopg.Connection) -> None:
    owner.execute(f'GRANT "{role("monitor")}" TO CURRENT_USER')
    owner.execute(f'DROP OWNED BY "{role("monitor")}"')
    owner.execute(f'DROP ROLE "{role("monitor")}"')
    grants.apply()
    assert check() == ([], [])
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
