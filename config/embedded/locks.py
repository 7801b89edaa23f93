"""Locks between processes. The kernel drops them when their last holder dies: none is ever left behind."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.files import open_private

PAUSE_S = 0.02


def try_lock(path: Path) -> int | None:
    """The open descriptor that holds the lock, or None while somebody else holds it.

    Whoever inherits the descriptor holds the lock too, until the last copy of it is closed.
    """
    descriptor = open_private(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def is_locked(path: Path) -> bool:
    if not path.exists():
        return False
    descriptor = try_lock(path)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None


@contextmanager
def locked(path: Path, patience_s: float) -> Iterator[None]:
    deadline = time.monotonic() + patience_s
    while (descriptor := try_lock(path)) is None:
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"Another process has held {path} for over {patience_s:.0f} s, "
                "so the servers could not be started or stopped; end that process and try again."
            )
        time.sleep(PAUSE_S)
    try:
        yield
    finally:
        os.close(descriptor)
