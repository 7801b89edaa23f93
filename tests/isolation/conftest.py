"""A table in every compartment, made a moment ago by the owner, and a real connection for every unit."""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from config.embedded.cluster import ADMIN
from config.embedded.plan import obtain_existing
from config.isolation.database import grants, logins
from config.isolation.manifest import OWNER_ALIAS, UNITS, Unit
from config.isolation.redis import acl

OWNERS = [unit for unit in UNITS if unit.schema]
Connect = Callable[[str], Any]

@pytest.fixture
def server_wide() -> Iterator[None]:
    """Roles belong to the whole server, which several test processes share: only one of them at a time changes their powers."""
    with (settings.HUB_DATA_DIR / "server-wide.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def probe_table(unit: Unit) -> str:
    """A name that the unit's patterns cover."""
    return unit.tables[0].replace("*", "") + "probe"


def probe(unit: Unit) -> str:
    return f"{unit.schema}.{probe_table(unit)}"


@contextmanager
def connected(alias: str) -> Iterator[psycopg.Connection]:
    """A connection of its own, logged in as the role behind a Django alias."""
    with logins.connect(connections[alias].settings_dict) as connection:
        yield connection


def check() -> tuple[list[str], list[str]]:
    """What `isolation check` would mend, and what needs a person; its exit status must say the same."""
    out, status = StringIO(), 0
    try:
        call_command("isolation", "check", "--json", stdout=out)
    except SystemExit as end:
        status = int(end.code or 0)
    said = json.loads(out.getvalue())
    assert status == bool(said["changes"] or said["refused"])
    return said["changes"], said["refused"]


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database for tests that change no rows: without emptying all tables after each."""
    with django_db_blocker.unblock():
        yield
        for connection in connections.all():
            connection.close()


@pytest.fixture
def owner(committed: None) -> Iterator[psycopg.Connection]:
    """The owner, to spoil things with; what is spoilt is mended afterwards."""
    with connected(OWNER_ALIAS) as connection:
        yield connection
        grants.apply()


@pytest.fixture
def superuser(owner: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """What a company's database administrator may do."""
    login = dict(connections[OWNER_ALIAS].settings_dict)
    if settings.EMBEDDED:
        login |= {"USER": ADMIN, "PASSWORD": obtain_existing(settings.HUB_DATA_DIR).postgres_admin_password}
    with logins.connect(login) as connection:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = current_user AND NOT rolsuper").fetchone():
            pytest.skip("the given server's superuser is not known")
        yield connection


@pytest.fixture(scope="module")
def probes(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Tables, partitions, views and functions, created without any further grant."""
    with django_db_blocker.unblock(), connected(OWNER_ALIAS) as owner:
        for unit in OWNERS:
            table = probe(unit)
            owner.execute(f"CREATE TABLE {table} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text) ")
            owner.execute(f"CREATE TABLE {table}_parted (id int) PARTITION BY RANGE (id)")
            owner.execute(f"CREATE TABLE {table}_part PARTITION OF {table}_parted FOR VALUES FROM (0) TO (9)")
            owner.execute(f"CREATE VIEW {table}_view AS SELECT * FROM {table}")
            owner.execute(f"CREATE FUNCTION {table}_function() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        yield
        for unit in OWNERS:
            owner.execute(f"DROP VIEW {probe(unit)}_view")
            owner.execute(f"DROP FUNCTION {probe(unit)}_function()")
            owner.execute(f"DROP TABLE {probe(unit)}, {probe(unit)}_parted")


@pytest.fixture(scope="module")
def as_unit(probes: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Connect]:
    """The connection of a unit's own role, by the unit's name."""
    with django_db_blocker.unblock():
        opened = {unit.name: connected(unit.alias) for unit in UNITS}
        live = {name: manager.__enter__() for name, manager in opened.items()}
        yield lambda name: live[name]
        for manager in opened.values():
            manager.__exit__(None, None, None)


@pytest.fixture(scope="session")
def redis_users() -> None:
    """The units' users at Redis, in place."""
    assert acl.apply().refused == []


@pytest.fixture
def redis_admin(redis_users: None) -> Iterator[redis.Redis]:
    """Redis with every right, to look and to clear up."""
    with acl.administrator() as client:
        yield client


@pytest.fixture
def administrator(redis_admin: redis.Redis) -> Iterator[redis.Redis]:
    """The same, to spoil users with: they are mended behind the test."""
    yield redis_admin
    acl.apply()


@pytest.fixture
def names() -> dict[str, str]:
    found = grants.role_names() | {"database": connections[OWNER_ALIAS].settings_dict["NAME"]}
    return {key: f'"{name}"' for key, name in found.items()} | {"prefix": found["ghl"].removesuffix("ghl")}


@pytest.fixture
def stranger(owner: psycopg.Connection, names: dict[str, str]) -> Iterator[str]:
    """A role that the manifest does not know."""
    name = f"stranger_{names['prefix']}"
    names["stranger"] = name
    owner.execute(f"DROP ROLE IF EXISTS {name}")
    owner.execute(f"CREATE ROLE {name}")
    yield name
    owner.execute(f"GRANT {name} TO CURRENT_USER")
    owner.execute(f"DROP OWNED BY {name} CASCADE")
    owner.execute(f"DROP ROLE {name}")
