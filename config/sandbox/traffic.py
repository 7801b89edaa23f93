"""Counting calls and their statuses, and the busiest moment."""

import re
import threading
from collections import Counter, deque
from time import monotonic
from typing import Any


class Traffic:
    """`record` matches the part of a path that names one record: those are counted together."""

    def __init__(self, record: str, window: float = 1.0) -> None:
        self._record = re.compile(record)
        self.window = window
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        with self.lock:
            self.calls: Counter[str] = Counter()
            self.statuses: Counter[int] = Counter()
            self.peak = 0
            self._recent: deque[float] = deque()

    def count(self, path: str) -> None:
        now = monotonic()
        with self.lock:
            self.calls[self._record.sub("/{id}", path)] += 1
            slide(self._recent, now - self.window)
            self._recent.append(now)
            self.peak = max(self.peak, len(self._recent))

    def answered(self, status: int) -> None:
        with self.lock:
            self.statuses[status] += 1

    def report(self) -> dict[str, Any]:
        with self.lock:
            return {
                "calls": dict(self.calls),
                "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
                "answered429": self.statuses[429],
            }


def slide(moments: "deque[float]", start: float) -> None:
    """Forget what lies at or before the window's start."""
    while moments and moments[0] <= start:
        moments.popleft()
