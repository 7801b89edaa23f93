"""Nobody is left behind: not by a supervisor that is killed, not by one that is told twice to end."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from config.jobs.supervisor import Child, Supervisor

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
WORKER = """
    import os, time
    from config.jobs.orphans import end_with_supervisor
    end_with_supervisor()
    print(os.getpid(), flush=True)
    time.sleep(600)
"""
SUPERVISING = f"""
    import sys, threading
    from config.jobs.supervisor import Child, Supervisor
    worker = [sys.executable, "-c", {textwrap.dedent(WORKER)!r}]
    Supervisor([Child("worker", worker, {{}}, lambda line: print(line, flush=True))], threading.Event()).run()
"""


def is_there(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while is_there(pid):
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.1)


def test_a_child_ends_with_its_supervisor_however_that_ends() -> None:
    command = [sys.executable, "-c", textwrap.dedent(SUPERVISING)]
    supervisor = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline().removeprefix("worker: "))
    assert is_there(pid)
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    wait_until_gone(pid)
    supervisor.stdout.close()


def test_the_second_ctrl_c_kills_who_takes_his_time(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    child = Child("stubborn", [sys.executable, "-c", STUBBORN], dict(os.environ), lambda line: stop.set())

    def impatient(deadline: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(child, "wait", impatient)
    with pytest.raises(KeyboardInterrupt):
        Supervisor([child], stop).run()
    assert child._reader is not None
    child._reader.join(PATIENCE_S)
    assert child._process is not None
    assert child._process.returncode == -signal.SIGKILL
