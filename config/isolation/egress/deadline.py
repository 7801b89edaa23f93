"""A call ends, whatever the other side does.

The timeouts of `requests` are for each wait: a server that sends a byte now and then never meets them. Here a call
as a whole has an end, after which its socket is shut down by a thread that looks four times a second.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

LOOK_EVERY_S = 0.25
IDLE_S = 5.0  # without a call for so long the thread ends; the next call starts another


@dataclass(eq=False)
class Call:
    """A call under way. `expired` once it was ended from here."""

    end: float
    expired: bool = False
    connection: socket.socket | None = field(default=None, repr=False)


_here = threading.local()
_calls: set[Call] = set()
_lock = threading.Lock()
_threads: list[threading.Thread] = []


@contextmanager
def limited(seconds: float) -> Iterator[Call]:
    """The call that this thread makes in the block ends after `seconds`."""
    call = Call(time.monotonic() + seconds)
    with _lock:
        _calls.add(call)
        if not _threads:
            _start()
    _here.call = call
    try:
        yield call
    finally:
        _here.call = None
        with _lock:
            _calls.discard(call)


def watch(connection: socket.socket | None) -> None:
    """The socket that this thread's call now waits at."""
    call: Call | None = getattr(_here, "call", None)
    if call is not None:
        call.connection = connection


def _start() -> None:
    thread = threading.Thread(target=_look, name="egress deadlines", daemon=True)
    _threads.append(thread)
    thread.start()


def _look() -> None:
    last = time.monotonic()
    while True:
        time.sleep(LOOK_EVERY_S)
        now = time.monotonic()
        with _lock:
            last = now if _calls else last
            if now - last > IDLE_S:
                _threads.clear()
                return
            for call in _calls:
                if now > call.end and call.connection is not None:
                    _end(call, call.connection)


def _end(call: Call, connection: socket.socket) -> None:
    call.expired = True
    with suppress(OSError):  # closed meanwhile
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # of the plain socket: TLS would wait for the other side


def _after_fork() -> None:
    """A child process has none of its parent's threads, and none of its calls."""
    global _lock  # it may have been held when the process was copied
    _lock = threading.Lock()
    _threads.clear()
    _calls.clear()


os.register_at_fork(after_in_child=_after_fork)
