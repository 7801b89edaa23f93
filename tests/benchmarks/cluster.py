"""PostgreSQL and Redis in a data folder of the benchmark's own, and the environment of a hub that uses them."""

import os
import re
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from config import embedded
from config.embedded import cluster as made
from config.embedded.plan import read
from tests.benchmarks.options import ROOT

FOREIGN = re.compile(r"SERVICETITAN_|DATABASE_|REDIS_|PG|HUB_(?!PG_|REDIS_)|.*_DATABASE_URL")
HUB_DATABASE = "hub"
_CAN_LZ4 = "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Cluster:
    folder: Path
    pg_bin: Path | None = None

    def start(self) -> None:
        if self.pg_bin:
            os.environ["HUB_PG_BIN"] = str(self.pg_bin)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        embedded.ensure(self.folder)
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=self.environment(), check=True)

    def stop(self) -> None:
        embedded.stop(self.folder)

    def environment(self) -> dict[str, str]:
        """Of a process of the hub that knows nothing but these servers."""
        clean = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
        given = {"HUB_PG_BIN": str(self.pg_bin)} if self.pg_bin else {}
        return clean | given | {"HUB_DATA_DIR": str(self.folder), "HUB_ENV": "development", "HUB_ENV_FILE": os.devnull}

    @property
    def postmaster(self) -> int:
        pid = next(server.pid for server in embedded.status(self.folder) if server.name == "postgres")
        assert pid is not None
        return pid

    @property
    def version(self) -> str:
        return str(next(server.version for server in embedded.status(self.folder) if server.name == "postgres"))

    def url(self, database: str) -> str:
        """For the owner, whose tables the contenders' databases hold."""
        parts = urlsplit(embedded.plan(self.folder).database_url)
        return urlunsplit(("postgresql", parts.netloc, f"/{database}", "", ""))

    def admin(self, database: str = "postgres") -> Connection:
        record = read(self.folder)
        assert record is not None
        return psycopg.connect(
            host="127.0.0.1", port=record.postgres_port, dbname=database, user=made.ADMIN,
            password=record.postgres_admin_password, autocommit=True,
        )  # fmt: skip

    def fresh_database(self, name: str) -> None:
        owner = urlsplit(self.url(name)).username
        with closing(self.admin()) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}" OWNER "{owner}"')

    def settle(self) -> None:
        """Nobody pays for what the one before left to be written."""
        with closing(self.admin()) as connection:
            connection.execute("CHECKPOINT")

    def wal(self) -> int:
        """Bytes of log written since the server was made."""
        with closing(self.admin()) as connection:
            row = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
        assert row is not None
        return int(row[0])

    def has_lz4(self) -> bool:
        with closing(self.admin()) as connection:
            row = connection.execute(_CAN_LZ4).fetchone()
        return row is not None and bool(row[0])
