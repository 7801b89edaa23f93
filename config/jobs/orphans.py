"""A supervised command ends with its supervisor: one that was killed cannot end its children, and they would work on unseen,
with settings that nobody remembers."""

import os
import signal
import threading
import time

SUPERVISOR = "HUB_SUPERVISED_BY"  # in the environment of a child: its supervisor's process id
LOOK_EVERY_S = 1.0


def end_with_supervisor() -> None:
    """From now on, where a supervisor started this process. What it starts itself inherits the variable, and is not meant."""
    parent = os.getppid()
    if os.environ.get(SUPERVISOR) == str(parent):
        threading.Thread(target=_watch, args=(parent,), name="orphan", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)
