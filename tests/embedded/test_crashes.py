"""A killed machine leaves nothing that blocks the next start."""

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.embedded import EmbeddedError, ensure, plan, status, stop
from tests.embedded.helpers import (
    bus,
    kill,
    living_below,
    owner,
    postmaster,
    python,
    remember,
    remembered,
    valkey,
)

ENSURE = "from config.embedded import ensure; ensure(Path(sys.argv[1]))"


def stop_without_warning(hub: Path) -> None:
    kill(living_below(hub))
    deadline = time.monotonic() + 10
    while living_below(hub):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_postgres_killed(hub: Path) -> None:
    word = remember(hub)
    os.kill(postmaster(hub), signal.SIGKILL)

    ensure(hub)

    assert remembered(hub) == (word, word)


def test_postgres_killed_while_a_query_computes_on(hub: Path) -> None:
    """Such a child does not notice, and would hold shared memory for as long as it computes."""
    word = remember(hub)

    def compute() -> None:
        with suppress(psycopg.OperationalError), owner(hub) as connection:
            connection.execute("DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$")

    query = threading.Thread(target=compute)
    query.start()
    with owner(hub) as connection:
        seen = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO%' AND state = 'active'"
        while connection.execute(seen).fetchone() != (1,):
            time.sleep(0.02)
    os.kill(postmaster(hub), signal.SIGKILL)

    ensure(hub)

    query.join(timeout=10)
    assert not query.is_alive()
    assert remembered(hub) == (word, word)


def test_redis_killed(hub: Path) -> None:
    word = remember(hub)
    time.sleep(1.1)  # written to disk every second
    os.kill(valkey(hub), signal.SIGKILL)

    ensure(hub)

    assert remembered(hub) == (word, word)


def test_redis_killed_while_a_child_rewrites_its_file_which_then_takes_a_while_to_read(hub: Path) -> None:
    bus(hub).flushall()
    bus(hub).eval("for i = 1, 200000 do redis.call('SET', 'n' .. i, 'x') end", 0)
    bus(hub).bgrewriteaof()
    time.sleep(0.05)
    os.kill(valkey(hub), signal.SIGKILL)

    ensure(hub)

    assert bus(hub).dbsize() == 200000
    bus(hub).flushall()


def test_numbers_in_stale_files_now_belong_to_another_program(hub: Path) -> None:
    word = remember(hub)
    stop_without_warning(hub)
    keeper = (hub / "postgres").stat()
    other = subprocess.Popen(["sleep", "60"], user=keeper.st_uid if os.geteuid() == 0 else None)
    try:
        for stale in [hub / "postgres/data/postmaster.pid", *(hub / "postgres").glob(".s.PGSQL.*.lock")]:
            stale.write_text("\n".join([str(other.pid), *stale.read_text().split("\n")[1:]]))
        (hub / "redis/redis.pid").write_text(f"{other.pid}\n")
        assert [server.pid for server in status(hub)] == [None, None]
        assert stop(hub) == []

        ensure(hub)

        assert remembered(hub)[0] == word
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("killed", ["the starter alone", "everything"])
def test_killed_during_initdb(place: Path, killed: str) -> None:
    hub = place / "hub"
    starter = python(ENSURE, hub, process_group=0)
    while not list((hub / "postgres").glob("unfinished-*/data/base")):
        assert starter.poll() is None
        time.sleep(0.005)
    os.kill(starter.pid if killed == "the starter alone" else -starter.pid, signal.SIGKILL)
    starter.communicate(timeout=10)
    assert not (hub / "postgres/data").exists()

    ensure(hub)

    assert all(server.running for server in status(hub))
    stop(hub)
    ensure(hub)
    assert not list((hub / "postgres").glob("unfinished-*"))


def test_power_cut_while_both_run(hub: Path) -> None:
    word = remember(hub)
    kill(living_below(hub))

    ensure(hub)

    assert remembered(hub)[0] == word
    assert all(server.running for server in status(hub))


def test_stopping_what_was_killed(hub: Path) -> None:
    stop_without_warning(hub)

    assert stop(hub) == []


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "garbage\0\n",
        "user default on nopass ~* &* +@all\n",
        "user default off\nuser hub on #00 ~* &* +@all\n",
        "user default off\nuser ghl on nopass ~ghl:* +@nosuchcategory\n",
    ],
)
def test_a_damaged_file_of_redis_users_is_mended_and_kept(hub: Path, damage: str) -> None:
    stop(hub)
    sound = "user salesforce on nopass ~salesforce:* resetchannels -@all +@read\n"
    (hub / "redis/users.acl").write_text(damage + sound)
    said: list[str] = []

    ensure(hub, said.append)

    users: Any = bus(hub).acl_list()
    assert {"hub", "default", "salesforce"} <= {user.split()[1] for user in users}
    assert [user.split()[2] for user in users if user.startswith("user default ")] == ["off"]
    assert damage + sound in [path.read_text() for path in (hub / "redis").glob("users.acl.broken-*")]
    assert "mended" in said[0]


def test_a_server_that_cannot_start_says_why(place: Path) -> None:
    hub = place / "hub"
    ensure(hub)
    stop(hub)
    control = hub / "postgres/data/global/pg_control"
    control.write_bytes(b"\0" * control.stat().st_size)

    with pytest.raises(EmbeddedError, match=r"PostgreSQL does not start: .*files are incompatible .*postgres\.log"):
        ensure(hub)


def test_a_plan_of_other_servers_is_told_apart(hub: Path) -> None:
    file = hub / "private/plan.json"
    mine = plan(hub)
    text = file.read_text()
    admin = next(line.split('"')[3] for line in text.splitlines() if "admin_password" in line)
    file.write_text(text.replace(admin, "somebody-elses"))
    try:
        with pytest.raises(EmbeddedError, match=r"refuses the password in .*plan\.json"):
            ensure(hub)
    finally:
        file.write_text(text)
    assert plan(hub) == mine
