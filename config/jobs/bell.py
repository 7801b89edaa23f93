"""Telling a unit's worker that something has come: from a thread of its own, so that no answer waits for the bus."""

import logging
import threading
from contextlib import suppress

from config.jobs import queue

log = logging.getLogger(__name__)

PAUSE_S = 0.5  # events come in flocks: one task looks at all of them


class Bell:
    """One task for all rings of a moment, and one behind the last. What is not heard the schedule looks for."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._lock = threading.Lock()
        self._rung = False
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        with self._lock:
            self._rung = True
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._work, name=f"bell of {self._task}", daemon=True)
            with suppress(RuntimeError):  # the process is ending, or has too many
                thread.start()
                self._thread = thread

    def wait(self, seconds: float) -> bool:
        """Until the last ring has been passed on. False: it has not."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return self._thread is None

    def _work(self) -> None:
        pause = threading.Event()
        while self._take():
            try:
                queue.send(self._task, trigger="webhook")
            except Exception as error:  # whatever it is, the event is stored and the schedule finds it
                log.warning("Nobody could be told of what came in (%s): %s", self._task, type(error).__name__)
            pause.wait(PAUSE_S)

    def _take(self) -> bool:
        with self._lock:
            rung, self._rung = self._rung, False
            if not rung:
                self._thread = None
            return rung
