"""What the hub calls: both servers together, one process at a time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import SubprocessError

import psycopg
import redis

from config.embedded.errors import EmbeddedError
from config.embedded.files import shorten_log
from config.embedded.locks import locked
from config.embedded.plan import obtain, plan_file, private, read, real
from config.embedded.postgres import Postgres
from config.embedded.server import Notify, Server, ServerStatus
from config.embedded.valkey import Valkey

LOCK_PATIENCE_S = 400  # a first start and a recovery one after the other


def to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def ensure(data_dir: Path, notify: Notify = to_stderr) -> None:
    """Start what does not run. Raises EmbeddedError.

    A process that runs for long may call it every minute: that keeps the logs short and revives the killed.
    """
    data_dir = real(data_dir)
    with _explained(data_dir):
        obtain(data_dir)
        servers = _servers(data_dir, notify)
        if all(server.answers() for server in servers):
            for server in servers:
                shorten_log(server.log)
            return
        with locked(_start_lock(data_dir), LOCK_PATIENCE_S):
            for server in reversed(_servers(data_dir, notify)):
                server.up()


def stop(data_dir: Path, notify: Notify = to_stderr) -> list[str]:
    """The names of the servers that ran and were stopped."""
    data_dir = real(data_dir)
    with _explained(data_dir):
        if not plan_file(data_dir).exists():
            return []
        with locked(_start_lock(data_dir), LOCK_PATIENCE_S):
            return [server.name for server in _servers(data_dir, notify) if server.down()]


def status(data_dir: Path, notify: Notify = to_stderr) -> list[ServerStatus]:
    """Empty before the first start."""
    data_dir = real(data_dir)
    with _explained(data_dir):
        return [server.status() for server in _servers(data_dir, notify)]


def _servers(data_dir: Path, notify: Notify) -> list[Server]:
    """Made anew at every call, since another process may have changed the plan."""
    record = read(data_dir)
    return [Postgres(data_dir, record, notify), Valkey(data_dir, record, notify)] if record else []


def _start_lock(data_dir: Path) -> Path:
    return private(data_dir) / "start.lock"


@contextmanager
def _explained(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SubprocessError, psycopg.Error, redis.RedisError) as error:
        raise EmbeddedError(
            f"The embedded servers of {data_dir} cannot be handled: {error}. "
            "Check that the folder is yours and its disk not full, or set HUB_DATA_DIR to another."
        ) from error
