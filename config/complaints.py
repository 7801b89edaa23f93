"""Warnings that anybody outside can cause, as often as they like."""

import logging
import threading
import time

EVERY_S = 60.0


class Complaints:
    """A line a minute for each sentence."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def add(self, words: str) -> None:
        now = time.monotonic()
        with self._lock:
            if now - self._last.get(words, float("-inf")) <= EVERY_S:
                return
            self._last[words] = now
        self._log.warning(words)

    def forget(self) -> None:
        """All of them may be said again."""
        with self._lock:
            self._last.clear()
