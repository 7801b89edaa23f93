"""The record of every call: kept in memory for a second at most, then written by a thread on a connection of its own.

Writing never disturbs a call, nor its caller's transaction. What the last second brought is lost when the process is
killed, and rows are dropped while the database is away for long: this is a log to look at, not a ledger.
"""

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from django.db import connections
from django.db.models import Model

from config.isolation.actor import acting_as
from config.isolation.egress.paths import template
from config.isolation.manifest import BY_NAME

log = logging.getLogger(__name__)

WRITE_EVERY_S = 1.0
AT_ONCE = 500
MOST_KEPT = 10_000
FLUSH_PATIENCE_S = 5.0

_number: ContextVar[int] = ContextVar("number_of_try", default=1)


@contextmanager
def numbered(number: int) -> Iterator[None]:
    """The calls in the block are try `number` of the same call."""
    token = _number.set(number)
    try:
        yield
    finally:
        _number.reset(token)


class Call:
    """One call, from its beginning to its `end`. `api` is set once it is known which of the unit's APIs it is for."""

    def __init__(self, unit: str, method: str, url: str) -> None:
        self.unit, self.method, self.url, self.api = unit, method, url, ""
        self.path = template(url)
        self._at, self._began = datetime.now(UTC), time.perf_counter()

    def attributes(self) -> dict[str, str]:
        """As traces name them: https://opentelemetry.io/docs/specs/semconv/http/http-spans/"""
        host = urlsplit(self.url).hostname or ""
        return {"http.request.method": self.method, "server.address": host, "url.template": self.path}

    def end(self, response: requests.Response | None = None, error: str = "") -> None:
        recorder = _recorders.get(self.unit)
        if recorder is None:
            return
        recorder.add({
            "at": self._at, "api": self.api, "method": self.method, "path": self.path,
            "status": response.status_code if response is not None else None, "error": error,
            "milliseconds": round((time.perf_counter() - self._began) * 1000),
            "bytes": response.raw.tell() if response is not None and response.raw else 0, "attempt": _number.get(),
        })  # fmt: skip


class Recorder:
    """The calls of one unit on their way into its table."""

    def __init__(self, unit: str, model: type[Model]) -> None:
        self._unit, self._model = unit, model
        self._alias = BY_NAME[unit].alias
        self.after_fork()

    def after_fork(self) -> None:
        """A child process starts with nothing: what is in the parent's memory is the parent's to write."""
        self._rows: deque[dict[str, Any]] = deque(maxlen=MOST_KEPT)
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._hurry = self._writing = self._failing = False

    def add(self, row: dict[str, Any]) -> None:
        with self._changed:
            self._rows.append(row)
            if self._thread is None:
                self._start()
            elif len(self._rows) >= AT_ONCE:
                self._changed.notify_all()

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name=f"calls of {self._unit}", daemon=True)
        with suppress(RuntimeError):  # the process is ending, or has too many
            thread.start()
            self._thread = thread

    def flush(self) -> None:
        """Have everything written that was recorded until now, as far as the database allows."""
        self._hasten(lambda: self._thread is None or self._failing or not (self._rows or self._writing))

    def forget(self) -> None:
        """Drop what is not written yet, and wait until the thread is gone."""
        self._hasten(self._is_empty)

    def _is_empty(self) -> bool:
        self._rows.clear()  # each time: a thread that failed to write puts its rows back
        return self._thread is None

    def _hasten(self, done: Callable[[], bool]) -> None:
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            self._changed.wait_for(done, FLUSH_PATIENCE_S)
            self._hurry = False

    def _run(self) -> None:
        with acting_as(self._unit):
            while self._wait_for_rows():
                self._write(self._taken())

    def _wait_for_rows(self) -> bool:
        """Whether there is something to write. Else the thread ends and gives its connection back; a call starts another."""
        with self._changed:
            self._changed.wait_for(lambda: self._hurry or len(self._rows) >= AT_ONCE, WRITE_EVERY_S)
            if self._rows:
                return True
            self._hang_up()
            self._thread = None
            self._changed.notify_all()
            return False

    def _taken(self) -> list[dict[str, Any]]:
        with self._changed:
            self._writing = True
            return [self._rows.popleft() for _ in range(min(AT_ONCE, len(self._rows)))]

    def _write(self, rows: list[dict[str, Any]]) -> None:
        try:
            connections[self._alias].close_if_unusable_or_obsolete()
            self._model._default_manager.using(self._alias).bulk_create([self._model(**row) for row in rows])
        except Exception as error:  # whatever it is, it is no reason to disturb a call
            self._note_failure(error, rows)
        else:
            self._note_success()

    def _hang_up(self) -> None:
        with suppress(Exception):  # a connection that cannot be closed is no connection any more
            connections[self._alias].close()

    def _note_success(self) -> None:
        with self._changed:
            self._failing = self._writing = False
            self._changed.notify_all()

    def _note_failure(self, error: Exception, rows: list[dict[str, Any]]) -> None:
        if not self._failing:
            log.warning("The calls of '%s' cannot be recorded just now: %s", self._unit, type(error).__name__)
        self._hang_up()
        with self._changed:
            self._failing, self._writing = True, False
            room = MOST_KEPT - len(self._rows)
            self._rows.extendleft(reversed(rows[:room]))
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._rows, WRITE_EVERY_S)


_recorders: dict[str, Recorder] = {}


def register(unit: str, model: type[Model]) -> None:
    """From now on the calls of `unit` are kept in `model`, a table of `records.ApiCall`. In `AppConfig.ready()`."""
    _recorders[unit] = Recorder(unit, model)


def keep_none() -> None:
    """For a process that only tries what may be called: its calls are no news."""
    _recorders.clear()


def flush() -> None:
    """At the end of a run, before a process may end: write what is still in memory."""
    for recorder in _recorders.values():
        recorder.flush()


def forget() -> None:
    """Drop what is still in memory: between tests, whose calls are nobody else's."""
    for recorder in _recorders.values():
        recorder.forget()


def _after_fork() -> None:
    for recorder in _recorders.values():
        recorder.after_fork()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(flush)
