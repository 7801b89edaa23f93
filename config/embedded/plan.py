"""The plan: ports, passwords and secret key of a data folder, chosen once and kept in `private/plan.json`."""

import json
import os
import secrets
import socket
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from config.embedded.errors import EmbeddedError
from config.embedded.files import make_private_folder, write_private
from config.embedded.locks import locked

OWNER, DATABASE, REDIS_USER = "hub_owner", "hub", "hub"
# Below the ports that systems hand out to outgoing connections: one of those can be gone tomorrow.
PORTS = range(20000, 32000)
LOCK_PATIENCE_S = 30


@dataclass(frozen=True)
class Plan:
    """What a process needs to use the servers.

    Should a port be taken by another program while the servers are down, the next `ensure` chooses a new one,
    writes it down and says so. Processes that read the plan before must then be restarted.
    """

    data_dir: Path
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)


@dataclass(frozen=True)
class Record:
    """plan.json as it is. The password of PostgreSQL's superuser is known to the launcher alone."""

    postgres_port: int
    postgres_admin_password: str = field(repr=False)
    postgres_owner_password: str = field(repr=False)
    postgres_home: str | None  # where PostgreSQL's files are when they could not be in the data folder
    redis_port: int
    redis_password: str = field(repr=False)
    secret_key: str = field(repr=False)


def plan(data_dir: Path) -> Plan:
    """Reads the plan, or makes it at the first call. Starts nothing."""
    data_dir = real(data_dir)
    record = obtain(data_dir)
    return Plan(
        data_dir=data_dir,
        database_url=f"postgres://{OWNER}:{record.postgres_owner_password}@127.0.0.1:{record.postgres_port}/{DATABASE}",
        redis_url=f"redis://{REDIS_USER}:{record.redis_password}@127.0.0.1:{record.redis_port}/0",
        secret_key=record.secret_key,
    )


def real(data_dir: Path) -> Path:
    """One folder, one name: links are followed, so that all processes agree."""
    return Path(os.path.realpath(data_dir))


def private(data_dir: Path) -> Path:
    return data_dir / "private"


def plan_file(data_dir: Path) -> Path:
    return private(data_dir) / "plan.json"


def obtain(data_dir: Path) -> Record:
    try:
        if record := read(data_dir):
            return record
        _make_folders(data_dir)
        with locked(private(data_dir) / "plan.lock", LOCK_PATIENCE_S):
            return read(data_dir) or _write(data_dir, _fresh())
    except OSError as error:
        raise EmbeddedError(
            f"Cannot keep the plan of the hub's servers at {error.filename or data_dir} ({error.strerror}): "
            "run as the account that owns this folder, or set HUB_DATA_DIR to a folder of your own."
        ) from error


def read(data_dir: Path) -> Record | None:
    path = plan_file(data_dir)
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise EmbeddedError(
            f"{path} cannot be understood: restore it from a backup; "
            f"or, to start with empty servers, run no hub process and remove {data_dir}."
        ) from error


def change(data_dir: Path, **changes: Any) -> Record:
    with locked(private(data_dir) / "plan.lock", LOCK_PATIENCE_S):
        return _write(data_dir, replace(obtain_existing(data_dir), **changes))


def obtain_existing(data_dir: Path) -> Record:
    if record := read(data_dir):
        return record
    raise EmbeddedError(f"{plan_file(data_dir)} has vanished: restore it from a backup.")


def free_port(avoid: Collection[int] = ()) -> int:
    for port in secrets.SystemRandom().sample(PORTS, 200):
        if port not in avoid and is_free(port):
            return port
    raise EmbeddedError(f"No port is free on 127.0.0.1 from {PORTS.start} to {PORTS.stop}: end what listens there.")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: connections that are still closing block nobody, a listening program does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _fresh() -> Record:
    postgres_port = free_port()
    return Record(
        postgres_port=postgres_port,
        postgres_admin_password=secrets.token_urlsafe(24),
        postgres_owner_password=secrets.token_urlsafe(24),
        postgres_home=None,
        redis_port=free_port(avoid=[postgres_port]),
        redis_password=secrets.token_urlsafe(24),
        secret_key=secrets.token_urlsafe(48),
    )


def _write(data_dir: Path, record: Record) -> Record:
    write_private(plan_file(data_dir), json.dumps(asdict(record), indent=2) + "\n")
    return record


def _make_folders(data_dir: Path) -> None:
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    try:
        data_dir.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        (data_dir / ".gitignore").write_text("*\n")
        if os.geteuid() == 0:
            data_dir.chmod(0o711)  # the servers run as another account: it may pass through, not look around
    make_private_folder(private(data_dir))
