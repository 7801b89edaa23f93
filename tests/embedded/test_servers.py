"""What runs, and who gets in."""

import time
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded import ensure, plan, status, stop
from tests.embedded.helpers import bus, living_below, owner, postmaster, remember, remembered, valkey


def test_first_start_leaves_two_servers_in_use(shared: Path) -> None:
    with owner(shared) as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == (
            "hub_owner",
            "hub",
        )
    assert bus(shared).ping()


def test_when_all_runs_nothing_is_started_and_no_time_lost(shared: Path) -> None:
    before = (postmaster(shared), valkey(shared))
    ensure(shared)

    begun = time.perf_counter()
    ensure(shared)

    assert time.perf_counter() - begun < 0.5
    assert (postmaster(shared), valkey(shared)) == before


def test_the_database_speaks_utf8_in_the_same_order_everywhere(shared: Path) -> None:
    with owner(shared) as connection:
        row = connection.execute(
            "SELECT pg_encoding_to_char(encoding), datctype, pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'hub'"
        ).fetchone()
        order = connection.execute("SELECT 'Z' < 'a', lower('É') = 'é'").fetchone()

    assert row == ("UTF8", "C.UTF-8", "hub_owner")
    assert order == (True, True)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", "127.0.0.1"),
        ("shared_buffers", "256MB"),
        ("max_wal_size", "4GB"),
        ("max_connections", "200"),
        ("jit", "off"),
        ("TimeZone", "UTC"),
        ("fsync", "on"),
        ("password_encryption", "scram-sha-256"),
    ],
)
def test_settings(shared: Path, setting: str, value: str) -> None:
    with owner(shared) as connection:
        assert connection.execute("SELECT current_setting(%s)", [setting]).fetchone() == (value,)


def test_the_owner_is_no_superuser_but_makes_roles_and_databases(shared: Path) -> None:
    with owner(shared) as connection:
        powers = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        connection.execute("CREATE ROLE somebody")
        connection.execute("CREATE DATABASE something")
        connection.execute("DROP DATABASE something")
        connection.execute("DROP ROLE somebody")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("COPY (SELECT 1) TO PROGRAM 'cat'")

    assert powers == (False, True, True, False, False)


@pytest.mark.parametrize("user", ["hub_owner", "hub_admin"])
@pytest.mark.parametrize("way", ["loopback", "socket"])
@pytest.mark.parametrize("password", ["wrong", ""])
def test_postgres_lets_nobody_in_without_the_password(shared: Path, user: str, way: str, password: str) -> None:
    host = "127.0.0.1" if way == "loopback" else str(shared / "postgres")

    with pytest.raises(psycopg.OperationalError, match=r"password authentication failed|no password supplied"):
        owner(shared, host=host, user=user, password=password, passfile="/dev/null").close()


def test_the_socket_works_with_the_password(shared: Path) -> None:
    with owner(shared, host=str(shared / "postgres")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("login", [(None, None), (None, "wrong"), ("hub", "wrong"), ("default", "")])
def test_redis_lets_nobody_in_without_the_password(shared: Path, login: tuple[str | None, str | None]) -> None:
    once = Retry(NoBackoff(), 0)
    client = redis.Redis(port=status(shared)[1].port, username=login[0], password=login[1], retry=once)

    with pytest.raises(redis.AuthenticationError), client:
        client.ping()


def test_data_survive_stop_and_start(hub: Path) -> None:
    word = remember(hub)

    assert stop(hub) == ["postgres", "redis"]
    assert living_below(hub) == []
    assert stop(hub) == []
    ensure(hub)

    assert remembered(hub) == (word, word)


def test_with_all_connections_taken_it_is_known_to_run(hub: Path) -> None:
    before = postmaster(hub)
    with ExitStack() as taken:
        with suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(owner(hub))

        ensure(hub)

        with pytest.raises(psycopg.OperationalError, match="slots are reserved"):
            owner(hub)
        assert status(hub)[0].running
    assert postmaster(hub) == before


def test_redis_users_added_later_survive(hub: Path) -> None:
    bus(hub).acl_setuser("ghl", enabled=True, passwords=["+pw"], keys=["ghl:*"], categories=["+@all"])
    bus(hub).acl_save()

    stop(hub)
    ensure(hub)

    with redis.Redis(port=status(hub)[1].port, username="ghl", password="pw") as client:
        assert client.set("ghl:a", "1")
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.set("servicetitan:a", "1")


def test_what_is_shown(shared: Path) -> None:
    database, cache = status(shared)

    assert (database.name, database.running, database.pid) == ("postgres", True, postmaster(shared))
    assert (cache.name, cache.running, cache.pid) == ("redis", True, valkey(shared))
    assert str(database.port) in plan(shared).database_url
    assert str(cache.port) in plan(shared).redis_url
    assert database.data_bytes > 1_000_000
    assert Path(database.log).exists()
    assert Path(cache.log).exists()
    assert database.version
    assert cache.version


def test_no_password_is_shown_in_the_list_of_processes_or_handed_to_the_servers(shared: Path) -> None:
    secrets = (shared / "private" / "plan.json").read_text()
    passwords = [line.split('"')[3].encode() for line in secrets.splitlines() if "password" in line or "key" in line]

    for pid in (postmaster(shared), valkey(shared)):
        shown = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        assert not any(password in shown for password in passwords)
