"""PostgreSQL's data folder: made whole or not at all, and the hub's own role and database in it."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from config.embedded.account import Account
from config.embedded.errors import EmbeddedError
from config.embedded.files import open_private, sync_folder
from config.embedded.plan import DATABASE, OWNER
from config.embedded.processes import run

ADMIN = "hub_admin"
# Where nobody may make large objects (config.isolation.database.large_objects). Test databases are copies of template1. The
# hub's own is the last: it is the one whose state tells that all is done.
CLOSED = ("template1", "postgres", DATABASE)
INITDB_TIMEOUT_S = 180
# The same order of letters everywhere. From 17 on PostgreSQL has it built in, and sorts faster by it.
SYSTEM_LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
BUILTIN_LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")


def make(binaries: Path, version: int, folder: Path, account: Account | None, password: str) -> None:
    """`folder/data` appears by one rename: a kill leaves at most remains, for the next start to sweep up."""
    building = Path(tempfile.mkdtemp(prefix="unfinished-", dir=folder))
    try:
        if account:
            os.chown(building, account.uid, account.gid)
        _initdb(binaries, version, building, account, password)
        (building / "data").rename(folder / "data")
        sync_folder(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def sweep(folder: Path) -> None:
    """May leave something while an initdb that outlived its starter still writes; then the next start takes it."""
    for remains in folder.glob("unfinished-*"):
        shutil.rmtree(remains, ignore_errors=True)


def check_version(data: Path, version: int, binaries: Path) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != str(version):
        raise EmbeddedError(
            f"The database in {data} was made by PostgreSQL {made_by}, and {binaries} is {version}: "
            f"set HUB_PG_BIN to binaries of {made_by}, or move {data} away to start with an empty database."
        )


def complete(connection: "psycopg.Connection[Any]", owner_password: str) -> None:
    """The owner's role, then the database."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone()
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN CREATEDB CREATEROLE NOSUPERUSER NOREPLICATION NOBYPASSRLS PASSWORD {}").format(
            sql.SQL("ALTER" if known else "CREATE"), sql.Identifier(OWNER), sql.Literal(owner_password)
        )
    )
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(DATABASE), sql.Identifier(OWNER)
            )
        )


def _initdb(binaries: Path, version: int, building: Path, account: Account | None, password: str) -> None:
    password_file = building / "password"
    with open(open_private(password_file, os.O_WRONLY | os.O_EXCL), "w") as file:
        file.write(password)
    done = run(
        [
            binaries / "initdb",
            *("-D", building / "data", "-U", ADMIN, "-A", "scram-sha-256", "--pwfile", password_file),
            *("-E", "UTF8", f"--locale={SYSTEM_LOCALE}", *(BUILTIN_LOCALE if version >= 17 else ())),
            *("--lc-messages=C", "--no-instructions"),
        ],
        account,
        cwd=building,
        timeout_s=INITDB_TIMEOUT_S,
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise EmbeddedError(f"PostgreSQL's initdb failed in {building.parent}: {' '.join(said[-3:])}")
