"""Our Redis: a Valkey server that keeps every write in an append-only file and asks all for a password."""

import hashlib
import os
import re
import time
from contextlib import closing
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded import account, binaries
from config.embedded.files import make_private_folder, write_private
from config.embedded.plan import REDIS_USER
from config.embedded.processes import can_enter
from config.embedded.server import Server
from config.isolation.egress import guard

PROBING = "the launcher looks at its own Redis"
DEFAULT, DEFAULT_OFF = "default", "user default off"


class Valkey(Server):
    name = "redis"
    title = "Redis"
    programs = ("valkey", "redis")
    port_field = "redis_port"
    farewell = ((SIGTERM, 60), (SIGKILL, 5), (SIGKILL, 5))  # the last for a child that rewrites the file

    @property
    def folder(self) -> Path:
        return self.data_dir / "redis"

    @property
    def work(self) -> Path:
        return self.folder

    @property
    def pid_file(self) -> Path:
        return self.folder / "redis.pid"

    @property
    def users(self) -> Path:
        return self.folder / "users.acl"

    def answers(self) -> bool:
        self.refused = False
        try:
            with guard.trusted(PROBING), closing(self._client()) as client:
                client.ping()  # refused while the server reads its file, unlike the next
                settings: Any = client.config_get("dir")
                return os.path.samefile(settings["dir"], self.work)
        except (redis.AuthenticationError, redis.exceptions.NoPermissionError):
            self.refused = True
        except (redis.RedisError, OSError, ValueError, KeyError):
            pass  # not there, still reading its file, or no Redis at all
        return False

    def make_folder(self) -> None:
        """Once made, the folder keeps its owner, and so the server its account: the files in it are his."""
        if self.folder.exists():
            return
        make_private_folder(self.folder)
        runs_as = account.for_servers(self.data_dir)
        # Unlike PostgreSQL it could run as root, and does where the other account has no way in.
        if runs_as and can_enter(runs_as, self.data_dir) and binaries.runs(binaries.valkey(), runs_as):
            os.chown(self.folder, runs_as.uid, runs_as.gid)

    def command(self) -> list[str | Path]:
        self._mend_users()
        self.pid_file.unlink(missing_ok=True)
        return [
            binaries.valkey(),
            *("--bind", "127.0.0.1", "--port", str(self.port)),
            *("--dir", self.folder, "--aclfile", self.users, "--pidfile", self.pid_file),
            *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            *("--maxmemory-policy", "noeviction"),
        ]

    def complete(self) -> None:
        """Its users are in place before it starts."""

    def version(self, running: bool) -> str | None:
        if not running:
            return None
        with guard.trusted(PROBING), closing(self._client()) as client:
            info: Any = client.info("server")
            return str(info.get("valkey_version") or info["redis_version"])

    def _mend_users(self) -> None:
        """The server writes this file itself when the hub adds users. We only touch it where it would keep us
        out, let everybody in or keep the server from starting, and keep what was in it."""
        found = self._users_found()
        sound = self._sound_lines(found)
        if found and sound == found and self._lets_us_alone_in(sound):
            return
        if found:
            aside = self.users.with_name(f"users.acl.broken-{time.time_ns()}")
            self.users.replace(aside)
            self.notify(f"Redis could not be used with {self.users}: mended, and kept as it was in {aside}.")
        others = [line for line in sound if line.split()[1:2] not in ([], [DEFAULT], [REDIS_USER])]
        write_private(self.users, "\n".join([DEFAULT_OFF, self._our_line(), *others]) + "\n")

    def _users_found(self) -> list[str]:
        try:
            return self.users.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []

    def _sound_lines(self, lines: list[str]) -> list[str]:
        refused = {int(number) for number in re.findall(rf"{self.users.name}:(\d+):", self.said())}
        return [
            line
            for number, line in enumerate(lines, 1)
            if re.match(r"\s*$|user \S+ \S", line) and "\0" not in line and number not in refused
        ]

    def _lets_us_alone_in(self, lines: list[str]) -> bool:
        users = {words[1]: words[2:] for words in map(str.split, lines) if words}
        ours = {"on", self._password_hash(), "+@all"} <= set(users.get(REDIS_USER, []))
        return ours and "off" in users.get(DEFAULT, [])

    def _our_line(self) -> str:
        return f"user {REDIS_USER} on {self._password_hash()} ~* &* +@all"

    def _password_hash(self) -> str:
        return "#" + hashlib.sha256(self.record.redis_password.encode()).hexdigest()

    def _client(self) -> redis.Redis:
        return redis.Redis(
            host="127.0.0.1",
            port=self.port,
            username=REDIS_USER,
            password=self.record.redis_password,
            socket_timeout=3,
            socket_connect_timeout=3,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
