"""In the embedded cluster only a superuser makes large objects, which belong to no schema."""

from pathlib import Path

import psycopg
import pytest

from config.embedded import ensure
from config.embedded.cluster import ADMIN, CLOSED
from config.embedded.plan import obtain_existing
from config.isolation.database import large_objects
from tests.embedded.helpers import owner


def admin(data_dir: Path, database: str) -> psycopg.Connection:
    record = obtain_existing(data_dir)
    return psycopg.connect(
        host="127.0.0.1", port=record.postgres_port, dbname=database, user=ADMIN, password=record.postgres_admin_password,
        autocommit=True,
    )  # fmt: skip


def test_they_are_closed_in_a_new_folder(shared: Path) -> None:
    for database in CLOSED:
        with admin(shared, database) as connection:
            assert large_objects.is_closed(connection)
    with owner(shared) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT lo_create(0)")


def test_a_folder_of_an_earlier_version_is_closed_by_the_next_ensure(hub: Path) -> None:
    for database in CLOSED:
        with admin(hub, database) as connection:
            connection.execute("GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid) TO PUBLIC")
    ensure(hub)
    for database in CLOSED:
        with admin(hub, database) as connection:
            assert large_objects.is_closed(connection)
