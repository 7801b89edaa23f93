"""What both servers have in common: to be brought up, taken down and looked at.

Whether it runs is asked of the server itself, with our password. Whether anything still lives in its folder
is told by a lock that it inherits at its start and that dies with it. No process number is believed alone.
"""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from signal import SIGKILL, SIGQUIT, Signals
from typing import Any

from config.embedded import processes
from config.embedded.account import owner_of
from config.embedded.errors import EmbeddedError
from config.embedded.files import shorten_log, size_of
from config.embedded.locks import is_locked, try_lock
from config.embedded.plan import Record, change, free_port, is_free, plan_file

Notify = Callable[[str], None]

START_PATIENCE_S = 180  # recovery after a crash reads up to max_wal_size
STRAY_GRACE_S, STRAY_KILL_S, UNREACHABLE_S, REFUSED_S = 1.0, 5.0, 20.0, 2.0
TRIES = 5
PAUSE_S = 0.03
TELLING = ("FATAL", "PANIC", "Fatal", "Aborting", "Failed", "Could not", "Can't")


@dataclass(frozen=True)
class ServerStatus:
    name: str
    running: bool
    pid: int | None  # set while `running` is false: a process is there but does not answer (yet)
    port: int
    version: str | None
    data_dir: str
    data_bytes: int
    log: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Server(ABC):
    name: str
    title: str
    programs: tuple[str, ...]  # what its processes are called, from the start of the name
    port_field: str
    farewell: tuple[tuple[Signals, float], ...]  # signals to end it by, and how many seconds each is given

    def __init__(self, data_dir: Path, record: Record, notify: Notify) -> None:
        self.data_dir = data_dir
        self.record = record
        self.notify = notify
        self.refused = False  # whether somebody answered on our port who does not know our password
        self._log_start: int | None = None

    # --- what each server knows of itself -------------------------------------------------------------------

    @property
    @abstractmethod
    def folder(self) -> Path:
        """Ours alone; all the server's files are below."""

    @property
    @abstractmethod
    def work(self) -> Path:
        """The folder its processes work in."""

    @property
    @abstractmethod
    def pid_file(self) -> Path: ...

    @abstractmethod
    def answers(self) -> bool:
        """Whether our server, not just any, serves on our port and is completely set up."""

    @abstractmethod
    def make_folder(self) -> None: ...

    @abstractmethod
    def command(self) -> list[str | Path]:
        """Make everything ready for a start, when nothing lives in the folder, and say how to start."""

    @abstractmethod
    def complete(self) -> None:
        """Do what can only be done when it runs, if it runs yet."""

    @abstractmethod
    def version(self, running: bool) -> str | None: ...

    # --- the same for both ----------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        port: int = getattr(self.record, self.port_field)
        return port

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def hold(self) -> Path:
        return self.folder / "running.lock"

    def main_pid(self) -> int | None:
        try:
            pid = int(self.pid_file.read_text().split("\n")[0])
        except (OSError, ValueError):
            return None
        return pid if processes.is_working_in(pid, self.work, self.programs) else None

    def said(self) -> str:
        """What it has logged since it was last started here."""
        if self._log_start is None or not self.log.exists():
            return ""
        return self.log.read_bytes()[self._log_start :].decode(errors="replace")

    def up(self) -> None:
        """Only under the start lock."""
        if self.answers():
            return
        self.make_folder()
        begun = lonely_since = time.monotonic()
        tries = 0
        while True:
            if (hold := try_lock(self.hold)) is not None:
                self._start(hold, tries)
                tries += 1
            elif tries or self.main_pid() is not None:
                lonely_since = time.monotonic()
                self._wait(lonely_since - begun)
            else:
                self._end_strays(time.monotonic() - lonely_since)
            time.sleep(PAUSE_S)
            if self.answers():
                return

    def down(self) -> bool:
        """Only under the start lock. False when nothing was running."""
        if not is_locked(self.hold):
            return False
        ended = False
        for signum, patience_s in self.farewell:
            main = self.main_pid()
            living = [main] if main else processes.working_in(self.work, self.programs)
            processes.send(living, signum)
            ended = ended or bool(living)
            if self._gone_within(patience_s if living else STRAY_GRACE_S):
                return ended
        raise EmbeddedError(
            f"{self.title} of {self.folder} does not end: see {self.log}. If another container or machine "
            "uses the same folder, stop it there."
        )

    def status(self) -> ServerStatus:
        running = self.answers()
        return ServerStatus(
            name=self.name,
            running=running,
            pid=self.main_pid(),
            port=self.port,
            version=self.version(running),
            data_dir=str(self.folder),
            data_bytes=size_of(self.folder),
            log=str(self.log),
        )

    def _start(self, hold: int, tries: int) -> None:
        try:
            if tries >= TRIES:
                raise EmbeddedError(f"{self.title} does not start: {self._last_words()} (more in {self.log})")
            time.sleep(0.1 * tries)
            self._find_port()
            command = self.command()
            shorten_log(self.log)
            self._log_start = self.log.stat().st_size if self.log.exists() else 0
            processes.detach(command, owner_of(self.folder), cwd=self.folder, log=self.log, hold=hold)
        finally:
            os.close(hold)

    def _find_port(self) -> None:
        if is_free(self.port):
            return
        taken, port = self.port, free_port(avoid=[self.record.postgres_port, self.record.redis_port])
        self.record = change(self.data_dir, **{self.port_field: port})
        self.notify(
            f"Port {taken} has been taken by another program: {self.title} now listens on {port}. "
            "Restart the hub's processes that are already running."
        )

    def _wait(self, waited_s: float) -> None:
        self.complete()
        if waited_s > START_PATIENCE_S or (self.refused and waited_s > REFUSED_S):
            why = f"refuses the password in {plan_file(self.data_dir)}" if self.refused else "does not answer"
            raise EmbeddedError(
                f"{self.title} (process {self.main_pid()}, folder {self.folder}) {why} on port {self.port}: "
                f"see {self.log}, and try `manage.py embedded stop`."
            )

    def _end_strays(self, lonely_s: float) -> None:
        """Its main process was killed. Most children notice; one deep in a computation blocks the start."""
        strays = processes.working_in(self.work, self.programs)
        if lonely_s > STRAY_GRACE_S:
            processes.send(strays, SIGQUIT if lonely_s < STRAY_KILL_S else SIGKILL)
        if lonely_s > UNREACHABLE_S:
            raise EmbeddedError(
                f"{self.folder} is in use by a {self.title} that cannot be reached from here: "
                "if another container or machine shares this folder, give each its own HUB_DATA_DIR."
            )

    def _gone_within(self, patience_s: float) -> bool:
        deadline = time.monotonic() + patience_s
        while is_locked(self.hold):
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE_S)
        return True

    def _last_words(self) -> str:
        lines = [line for line in self.said().splitlines() if line.strip()]
        telling = [line for line in lines if any(word in line for word in TELLING)]
        return (telling or lines or ["it left no message"])[-1].strip()
