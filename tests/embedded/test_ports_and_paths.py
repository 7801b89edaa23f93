import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from config.embedded import ensure, plan, status, stop
from tests.embedded.helpers import owner, remember, remembered


@contextmanager
def other_program(port: int) -> Iterator[None]:
    """Hangs up on everybody who calls."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        answering = threading.Thread(target=hang_up, args=[listener])
        answering.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
        answering.join()


def hang_up(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            listener.accept()[0].close()


@pytest.mark.parametrize("index", [0, 1], ids=["postgres", "redis"])
def test_a_port_taken_by_another_program_is_given_up(hub: Path, index: int) -> None:
    word = remember(hub)
    before = [server.port for server in status(hub)]
    stop(hub)
    said: list[str] = []

    with other_program(before[index]):
        ensure(hub, said.append)

        after = [server.port for server in status(hub)]
        assert after[index] != before[index]
        assert after[1 - index] == before[1 - index]
        assert len(said) == 1
        assert f"Port {before[index]} has been taken" in said[0]
        assert "Restart the hub's processes" in said[0]
        assert str(after[index]) in plan(hub).database_url + plan(hub).redis_url
    assert remembered(hub) == (word, word)


def test_a_copy_of_the_folder_gets_servers_of_its_own(hub: Path, place: Path) -> None:
    stop(hub)
    copy = place / "copy"
    subprocess.run(["cp", "-a", hub, copy], check=True)
    ensure(hub)

    ensure(copy, lambda line: None)

    assert {s.port for s in status(hub)}.isdisjoint({s.port for s in status(copy)})
    with owner(copy) as connection:
        connection.execute("CREATE TABLE mine AS SELECT 1")
    with owner(hub) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM mine")
    assert stop(copy) == ["postgres", "redis"]
    assert all(server.running for server in status(hub))


@pytest.mark.parametrize("name", ['it\'s a "hub", é', "long" * 30], ids=["odd", "too long for a socket"])
def test_odd_paths(place: Path, name: str) -> None:
    hub = place / name

    ensure(hub)

    with owner(hub) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert bool(list((hub / "postgres").glob(".s.PGSQL.*"))) == ("long" not in name)
    assert stop(hub) == ["postgres", "redis"]


def test_the_terminals_own_postgres_settings_are_left_aside(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop(hub)
    for name, value in {
        "PGPORT": "1",
        "PGHOSTADDR": "192.0.2.1",
        "PGDATA": "/nowhere",
        "PGOPTIONS": "-c x=y",
    }.items():
        monkeypatch.setenv(name, value)

    ensure(hub)

    assert all(server.running for server in status(hub))
