"""`isolation check` finds every other kind of drift of roles and rights; `apply` mends it, or says who can and how."""

import psycopg
import pytest

from config.isolation.database import grants
from config.isolation.manifest import UNITS
from tests.isolation.conftest import check, connected
from tests.isolation.drift import Names, assert_mended, owner_is_superuser

# They change or look at the whole server: one after the other, whichever process they run in.
pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.usefixtures("server_wide")]


@pytest.fixture(autouse=True)
def _django_db_marker(committed: None) -> None:
    """Instead of pytest-django's own, which empties every table after every test: no rows are changed here."""


MENDED = {
    "a right that may be handed on": ("GRANT SELECT ON servicetitan.st_customers TO {ghl} WITH GRANT OPTION", "GRANT OPTION"),
    "references": ("GRANT REFERENCES ON servicetitan.st_customers TO {ghl}", "REFERENCES"),
    "triggers": ("GRANT TRIGGER ON servicetitan.st_customers TO {servicetitan}", "TRIGGER"),
    "functions of the future, in one schema": (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA servicetitan GRANT EXECUTE ON FUNCTIONS TO {ghl}", "default functions"),
    "tables of the future, everywhere": ("ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO {ghl}", "default tables: "),
    "tables of the future, to everybody": ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC", "PUBLIC"),
    "schemas of the future": ("ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO PUBLIC", "default schemas"),
    "a unit's future tables": (
        "GRANT {ghl} TO CURRENT_USER; ALTER DEFAULT PRIVILEGES FOR ROLE {ghl} IN SCHEMA public GRANT ALL ON TABLES TO PUBLIC;"
        "REVOKE {ghl} FROM CURRENT_USER", "made by"),
    "a setting in this database": (
        "ALTER ROLE {monitor} IN DATABASE {database} SET default_transaction_read_only = off", "in database"),
    "a login that ran out": ("ALTER ROLE {ghl} VALID UNTIL '2001-01-01'", "login"),
}  # fmt: skip


@pytest.mark.parametrize("drift", MENDED)
def test_drift_is_found_and_mended(owner: psycopg.Connection, names: Names, drift: str) -> None:
    statement, word = MENDED[drift]
    owner.execute(statement.format(**names))
    assert_mended(word)


def test_who_was_given_a_right_by_a_unit_loses_it_with_the_unit(owner: psycopg.Connection, names: Names) -> None:
    owner.execute("GRANT SELECT ON servicetitan.st_customers TO {ghl} WITH GRANT OPTION".format(**names))
    with connected("ghl") as ghl:
        ghl.execute("GRANT SELECT ON servicetitan.st_customers TO PUBLIC")
        ghl.execute("GRANT SELECT ON servicetitan.st_customers TO {salesforce}".format(**names))
    assert_mended("PUBLIC")


STRANGERS_WRITE = {
    "insert": "GRANT INSERT ON servicetitan.st_customers TO {stranger}",
    "one column": "GRANT UPDATE (name) ON servicetitan.st_customers TO {stranger}",
    "truncate": "GRANT TRUNCATE ON servicetitan.st_customers TO {stranger}",
    "references": "GRANT REFERENCES ON servicetitan.st_customers TO {stranger}",
    "trigger": "GRANT TRIGGER ON servicetitan.st_customers TO {stranger}",
    "create": "GRANT CREATE ON SCHEMA salesforce TO {stranger}",
    "a sequence": "GRANT UPDATE ON SEQUENCE servicetitan.st_sync_log_id_seq TO {stranger}",
    "tables of the future": "ALTER DEFAULT PRIVILEGES IN SCHEMA servicetitan GRANT DELETE ON TABLES TO {stranger}",
    "becoming a unit": "GRANT {servicetitan} TO {stranger}",
    "its own future tables": (
        "GRANT {stranger} TO CURRENT_USER; ALTER DEFAULT PRIVILEGES FOR ROLE {stranger} GRANT INSERT ON TABLES TO PUBLIC;"
        "REVOKE {stranger} FROM CURRENT_USER"
    ),
}


@pytest.mark.parametrize("drift", STRANGERS_WRITE)
def test_a_stranger_who_may_write_is_stopped(owner: psycopg.Connection, stranger: str, names: Names, drift: str) -> None:
    owner.execute(STRANGERS_WRITE[drift].format(**names))
    assert_mended(stranger)


def test_a_stranger_who_only_reads_is_noted(owner: psycopg.Connection, stranger: str) -> None:
    owner.execute(f"GRANT USAGE ON SCHEMA servicetitan TO {stranger}; GRANT SELECT ON servicetitan.st_customers TO {stranger}")
    assert check() == ([], [])
    assert [note for note in grants.apply(dry_run=True).notes if stranger in note]


def test_a_role_called_like_a_unit_is_named(owner: psycopg.Connection, names: Names) -> None:
    name = f"{names['prefix']}hubspot"
    owner.execute(f"CREATE ROLE {name}")
    try:
        assert [what for what in check()[1] if name in what]
    finally:
        owner.execute(f"DROP ROLE {name}")
    assert check() == ([], [])


def test_a_unit_that_may_write_everywhere_by_membership_is_found(superuser: psycopg.Connection, names: Names) -> None:
    """Who made it can take it: a superuser, whom the exact statement is printed for; before 16 also the owner."""
    for group in ("pg_write_all_data", "pg_read_all_data", "pg_execute_server_program"):
        superuser.execute(f"GRANT {group} TO {names['ghl']}")
        try:
            assert [what for what in check()[0] if f"leave {group}" in what]
            if owner_is_superuser() or superuser.info.server_version < 160000:
                assert grants.apply().refused == []
            else:
                assert [what for what in grants.apply().refused if f'REVOKE "{group}" FROM {names["ghl"]}' in what]
        finally:
            superuser.execute(f"REVOKE {group} FROM {names['ghl']}")
        assert check() == ([], [])


def test_another_hub_on_the_server_is_left_to_its_own_check(superuser: psycopg.Connection, names: Names) -> None:
    roles = [f"otherhub_{unit.name}" for unit in UNITS]
    superuser.execute("; ".join(f"CREATE ROLE {role}" for role in roles[:-1]))
    superuser.execute(f"GRANT pg_write_all_data TO {roles[0]}")
    try:
        assert [what for what in check()[0] if roles[0] in what], "one that is not whole is a stranger"
        superuser.execute(f"CREATE ROLE {roles[-1]}")
        assert check() == ([], [])
        assert [note for note in grants.apply(dry_run=True).notes if f"role {roles[0]} of another hub" in note]
        superuser.execute(f"GRANT {names['servicetitan']} TO {roles[1]}")
        assert [what for what in check()[0] if roles[1] in what], "nobody of ours may be acted as"
    finally:
        superuser.execute(f"REVOKE {names['servicetitan']} FROM {roles[1]}")
        superuser.execute("; ".join(f"DROP ROLE IF EXISTS {role}" for role in roles))
