from pathlib import Path

import psycopg
import pytest

from config.embedded import ensure
from config.embedded.files import LOG_KEPT, LOG_LIMIT, shorten_log
from tests.embedded.helpers import owner


def test_a_log_that_grew_too_long_keeps_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("a") as server:
        server.write("line that fills the disk\n" * (LOG_LIMIT // 20))
        server.flush()

        shorten_log(log)

        server.write("last line\n")  # its server goes on writing
    text = log.read_text()
    assert len(text) <= LOG_KEPT + 10
    assert set(text.splitlines()) == {"line that fills the disk", "last line"}
    assert text.endswith("disk\nlast line\n")


def test_a_short_one_and_a_missing_one_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("short\n")

    shorten_log(tmp_path / "log")
    shorten_log(tmp_path / "missing")

    assert (tmp_path / "log").read_text() == "short\n"
    assert not (tmp_path / "missing").exists()


def test_every_ensure_looks_after_the_logs(hub: Path) -> None:
    log = hub / "postgres/postgres.log"
    with log.open("a") as file:
        file.write("line\n" * (LOG_LIMIT // 4))

    ensure(hub)

    assert log.stat().st_size <= LOG_KEPT


def test_statements_with_passwords_stay_out_of_the_log(shared: Path) -> None:
    with owner(shared) as connection, pytest.raises(psycopg.errors.DuplicateObject):
        connection.execute("CREATE ROLE hub_owner PASSWORD 'tell-nobody'")

    text = (shared / "postgres/postgres.log").read_text()
    assert 'role "hub_owner" already exists' in text
    assert "tell-nobody" not in text
