"""Running programs, to their end or detached so that they outlive us; finding the processes of a folder."""

import os
import signal
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from config.embedded.account import Account

# The shell ends at once and leaves the server to init, which collects it when it ends. As our child it would,
# if it ended before us, stay behind as a zombie with a number that looks alive.
DETACH = 'log=$1; shift; "$@" >>"$log" 2>&1 </dev/null &'


def run(
    argv: Sequence[str | Path], account: Account | None, *, cwd: Path, timeout_s: float
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        argv,
        cwd=cwd,
        env=_environment(),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        umask=0o077,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout_s,
        check=False,
    )


def detach(argv: Sequence[str | Path], account: Account | None, *, cwd: Path, log: Path, hold: int) -> None:
    """Start a server in a session of its own, which Ctrl-C does not reach.

    It inherits nothing but `hold`: the lock on its folder, which so lasts as long as it and its children do.
    """
    subprocess.run(
        ["/bin/sh", "-c", DETACH, "hub", log, *argv],
        cwd=cwd,
        env=_environment(),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        umask=0o077,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=[hold],
        timeout=30,
        check=True,
    )


def succeeds(argv: Sequence[str | Path], account: Account | None) -> bool:
    try:
        return run(argv, account, cwd=Path("/"), timeout_s=30).returncode == 0
    except OSError:
        return False


def can_enter(account: Account | None, folder: Path) -> bool:
    """Tried, not computed: mode bits do not tell about access lists or mount options."""
    return succeeds(["/bin/sh", "-c", 'cd -- "$1"', "hub", folder], account)


def working_in(folder: Path, programs: tuple[str, ...]) -> list[int]:
    """Processes of these programs that work in the folder; none where there is no /proc.

    A number alone says nothing, since numbers are reused; a server works in its data folder, and it alone.
    """
    return [pid for pid in _all_processes() if _works_in(pid, folder, programs)]


def is_working_in(pid: int, folder: Path, programs: tuple[str, ...]) -> bool:
    if Path("/proc/self").exists():
        return _works_in(pid, folder, programs)
    shown = run(["ps", "-o", "comm=", "-p", str(pid)], None, cwd=Path("/"), timeout_s=10).stdout
    return Path(shown.strip()).name.startswith(programs)


def send(pids: Iterable[int], signum: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signum)


def _all_processes() -> Iterable[int]:
    with suppress(FileNotFoundError):
        yield from (int(entry) for entry in os.listdir("/proc") if entry.isdigit())


def _works_in(pid: int, folder: Path, programs: tuple[str, ...]) -> bool:
    """False for a zombie: it works nowhere any more."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        return name.startswith(programs) and os.path.samefile(f"/proc/{pid}/cwd", folder)
    except OSError:
        return False


def _environment() -> dict[str, str]:
    """Servers need none of the hub's secrets, and no PGPORT or PGDATA of the terminal's."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C"}
