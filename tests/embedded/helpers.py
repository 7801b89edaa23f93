"""Throw-away folders with real servers, and ways to look into them."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from config.embedded import EmbeddedError, plan, stop

ROOT = Path(__file__).resolve().parents[2]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")


@contextmanager
def throw_away_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="hub-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for found in folder.rglob("plan.json"):
            with suppress(EmbeddedError):
                stop(found.parents[1])
        kill(living_below(folder))
        shutil.rmtree(folder, ignore_errors=True)


def kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def living_below(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if Path(os.readlink(entry / "cwd")).is_relative_to(folder):
                found.append(int(entry.name))
    return found


def owner(data_dir: Path, **changes: Any) -> "psycopg.Connection[Any]":
    return psycopg.connect(plan(data_dir).database_url, autocommit=True, connect_timeout=10, **changes)


def remember(data_dir: Path) -> str:
    """Leaves a word in both servers."""
    word = secrets.token_hex(8)
    with owner(data_dir) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [word])
    bus(data_dir).set("kept", word)
    return word


def remembered(data_dir: Path) -> tuple[str, str]:
    """The last words left in PostgreSQL and in Redis."""
    with owner(data_dir) as connection:
        row = connection.execute("SELECT word FROM kept ORDER BY ctid DESC LIMIT 1").fetchone()
    return row[0] if row else "", str(bus(data_dir).get("kept"))


def bus(data_dir: Path) -> redis.Redis:
    return redis.Redis.from_url(plan(data_dir).redis_url, decode_responses=True)


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres/data/postmaster.pid").read_text().split("\n")[0])


def valkey(data_dir: Path) -> int:
    return int((data_dir / "redis/redis.pid").read_text())


def python(code: str, *args: object, **options: Any) -> "subprocess.Popen[str]":
    """A process of the hub's, at work on `code`."""
    command = [sys.executable, "-c", f"import sys, os\nfrom pathlib import Path\n{code}", *map(str, args)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=ROOT, text=True, **{**pipes, **options})


def as_account(uid: int, gid: int) -> Callable[[str, Path], "subprocess.CompletedProcess[str]"]:
    """Runs code as another account. All is imported before root is given up: it may lie in root's folders."""
    become = f"""
import encodings.idna, psycopg, redis
from config.embedded import ensure, plan, status, stop
os.setgroups([]); os.setgid({gid}); os.setuid({uid})
os.environ["HOME"] = "/nonexistent"
folder = Path(sys.argv[1])
"""

    def run(code: str, folder: Path) -> "subprocess.CompletedProcess[str]":
        process = python(become + code, folder)
        try:
            said = process.communicate(timeout=30)[0]
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, said)

    return run
