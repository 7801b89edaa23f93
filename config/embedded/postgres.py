"""Our PostgreSQL: loopback and a socket in its own folder, a password on both."""

import os
from contextlib import closing
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT
from typing import Any

import psycopg

from config.embedded import account, binaries, cluster, homes
from config.embedded.account import owner_of
from config.embedded.errors import EmbeddedError
from config.embedded.plan import DATABASE, change
from config.embedded.processes import can_enter
from config.embedded.server import Server
from config.isolation.database import large_objects

SOCKET_PATH_LIMIT = 103  # bytes, on the least generous system
BUSY = ("too many clients", "connection slots are reserved")  # it runs, and more than enough
SETTINGS = {
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    "fsync": "on",
    "password_encryption": "scram-sha-256",
    "lc_messages": "C",
    # The log goes to one file, which every start and every `ensure` cuts to size. Statements stay out of it:
    # they are long, and hold customers' data and new passwords.
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_min_messages": "error",
    "log_min_error_statement": "panic",
    "log_connections": "off",
    "log_disconnections": "off",
    "log_checkpoints": "off",
}


class Postgres(Server):
    name = "postgres"
    title = "PostgreSQL"
    programs = ("postgres",)
    port_field = "postgres_port"
    farewell = ((SIGINT, 60), (SIGQUIT, 15), (SIGKILL, 5), (SIGKILL, 5))  # the last for orphaned children

    @property
    def folder(self) -> Path:
        home = self.record.postgres_home
        return (homes.recorded(self.data_dir, home) if home else self.data_dir) / "postgres"

    @property
    def work(self) -> Path:
        return self.folder / "data"

    @property
    def pid_file(self) -> Path:
        return self.work / "postmaster.pid"

    def answers(self) -> bool:
        """Asked as the superuser, for whom slots are kept when the hub's processes have taken all others."""
        try:
            with closing(self._connect(DATABASE)) as connection:
                self.refused = False
                return self._is_ours(connection) and large_objects.is_closed(connection)
        except psycopg.OperationalError as error:
            self.refused = "password authentication failed" in str(error)
            return any(sign in str(error) for sign in BUSY) and self.main_pid() is not None

    def complete(self) -> None:
        try:
            with closing(self._connect("postgres")) as connection:
                if self._is_ours(connection):
                    cluster.complete(connection, self.record.postgres_owner_password)
                    for database in cluster.CLOSED:
                        with closing(self._connect(database)) as inside:
                            large_objects.close(inside)
        except psycopg.OperationalError:
            return  # still starting, or recovering

    def make_folder(self) -> None:
        if not self.folder.exists():
            self._choose_folder()
            self.folder.mkdir(mode=0o700)
        runs_as = account.for_servers(self.data_dir)
        if runs_as and self.folder.stat().st_uid == 0:
            os.chown(self.folder, runs_as.uid, runs_as.gid)
        keeper = owner_of(self.folder)
        if keeper and (closed := homes.closed_folder(keeper, self.folder)):
            raise EmbeddedError(
                f"The database in {self.folder} belongs to {keeper.name}, to whom {closed} is closed: "
                f"open it again (chmod o+x {closed})."
            )

    def command(self) -> list[str | Path]:
        keeper = owner_of(self.folder)
        folder = binaries.postgres(self.data_dir, keeper)
        version = binaries.postgres_version(folder, keeper)
        cluster.sweep(self.folder)
        if not self.work.exists():
            cluster.make(folder, version, self.folder, keeper, self.record.postgres_admin_password)
        cluster.check_version(self.work, version, folder)
        self._sweep()
        settings = SETTINGS | {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": self._socket_folder(),
            "cluster_name": homes.name(self.data_dir),
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [folder / "postgres", "-D", self.work, *options]

    def version(self, running: bool) -> str | None:
        if running:
            with closing(self._connect(DATABASE)) as connection:
                number = connection.info.server_version
                return f"{number // 10000}.{number % 10000}"
        try:
            return (self.work / "PG_VERSION").read_text().strip()
        except OSError:
            return None

    def _choose_folder(self) -> None:
        runs_as = account.for_servers(self.data_dir)
        if runs_as is None or can_enter(runs_as, self.data_dir):
            return
        home = homes.make(self.data_dir, runs_as, within_reach=self.data_dir)
        if aside := homes.set_aside(home / self.name):
            self.notify(f"A database was left behind when an earlier {self.data_dir} was removed. It is now in {aside}.")
        self.record = change(self.data_dir, postgres_home=str(home))
        closed = homes.closed_folder(runs_as, self.data_dir)
        self.notify(f"PostgreSQL runs as {runs_as.name}, to whom {closed} is closed: its files are in {home}.")

    def _sweep(self) -> None:
        """Files of a killed server hold a process number. Where another program has got it by now, PostgreSQL
        would take that for a server and refuse to start.

        A server that lives here without our lock was started by hand: its files stay, and ours will say so.
        """
        if self.main_pid() is None:
            for stale in [self.pid_file, *self.folder.glob(".s.PGSQL.*")]:
                stale.unlink(missing_ok=True)

    def _socket_folder(self) -> str:
        """Quoted: the setting is a list. Empty, which means no socket, where the path is too long for one."""
        path = str(self.folder)
        if len(os.fsencode(f"{path}/.s.PGSQL.{self.port}")) > SOCKET_PATH_LIMIT:
            return ""
        return '"' + path.replace('"', '""') + '"'

    def _connect(self, database: str) -> "psycopg.Connection[Any]":
        return psycopg.connect(
            host="127.0.0.1",
            hostaddr="127.0.0.1",  # said, with `options`, so that nothing in the environment says otherwise
            port=self.port,
            user=cluster.ADMIN,
            password=self.record.postgres_admin_password,
            dbname=database,
            options="",
            sslmode="disable",
            gssencmode="disable",
            connect_timeout=3,
            application_name="hub launcher",
            autocommit=True,
        )

    def _is_ours(self, connection: "psycopg.Connection[Any]") -> bool:
        """A copy of the whole project has the same passwords and ports, but not the same folder."""
        row = connection.execute("SHOW data_directory").fetchone()
        try:
            return row is not None and os.path.samefile(row[0], self.work)
        except OSError:
            return False
