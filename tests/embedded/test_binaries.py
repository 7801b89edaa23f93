import os
import shutil
from pathlib import Path

import pytest

from config.embedded import EmbeddedError, binaries, ensure, status, stop
from tests.embedded.helpers import bus, owner, valkey

DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
other_postgres = pytest.mark.skipif(not DEBIAN, reason="no other PostgreSQL is installed below /usr/lib/postgresql")


@other_postgres
def test_another_postgres(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PG_BIN", str(DEBIAN[0].parent))

    ensure(place / "hub")

    version = DEBIAN[0].parts[-3]
    assert str(status(place / "hub")[0].version).split(".")[0] == version
    with owner(place / "hub") as connection:
        row = connection.execute("SELECT datcollate, datctype FROM pg_database WHERE datname = 'hub'").fetchone()
    assert row == ("C.UTF-8", "C.UTF-8")
    stop(place / "hub")
    monkeypatch.delenv("HUB_PG_BIN")
    with pytest.raises(EmbeddedError, match=f"made by PostgreSQL {version}, and .*set HUB_PG_BIN"):
        ensure(place / "hub")


def test_binaries_that_are_not_there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PG_BIN", str(place))

    with pytest.raises(EmbeddedError, match="HUB_PG_BIN has no server program at"):
        ensure(place / "hub")


def test_binaries_that_do_not_run(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("postgres", "initdb"):
        (place / name).write_text("#!/bin/sh\necho not for this machine >&2; exit 1\n")
        (place / name).chmod(0o755)
    monkeypatch.setenv("HUB_PG_BIN", str(place))

    with pytest.raises(EmbeddedError, match=r"postgres does not run here: not for this machine"):
        ensure(place / "hub")


def test_another_redis(hub: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop(hub)
    other = shutil.copy(shutil.which("redis-server") or binaries.valkey(), place / "redis-server")
    monkeypatch.setenv("HUB_REDIS_BIN", str(other))

    ensure(hub)

    assert os.readlink(f"/proc/{valkey(hub)}/exe") == str(other)
    assert bus(hub).ping()
    stop(hub)
