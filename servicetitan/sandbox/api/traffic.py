"""Counting calls, and the 60 calls a second (contract section 4)."""

import re
import threading
import time
from collections import Counter, deque
from typing import Any

from servicetitan.sandbox.api.errors import GatewayError

_WINDOW = 1.0
_RECORD = re.compile(r"(?<!tenant)/\d+(?=/|$)")  # single records are counted together


class Traffic:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        with self._lock:
            self.calls: Counter[str] = Counter()
            self.statuses: Counter[int] = Counter()
            self.peak = 0
            self._recent: deque[float] = deque()
            self._admitted: deque[float] = deque()

    def count(self, path: str) -> None:
        now = time.monotonic()
        with self._lock:
            self.calls[_RECORD.sub("/{id}", path)] += 1
            _slide(self._recent, now)
            self._recent.append(now)
            self.peak = max(self.peak, len(self._recent))

    def answered(self, status: int) -> None:
        with self._lock:
            self.statuses[status] += 1

    def admit(self, limit: int) -> None:
        """Refused calls do not use up the budget."""
        now = time.monotonic()
        with self._lock:
            _slide(self._admitted, now)
            if limit and len(self._admitted) >= limit:
                raise GatewayError(429, "Rate limit is exceeded. Try again in 1 seconds.", retry_seconds=1)
            self._admitted.append(now)

    def report(self) -> dict[str, Any]:
        with self._lock:
            return {
                "calls": dict(self.calls),
                "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
                "answered429": self.statuses[429],
                "peakCallsInASecond": self.peak,
            }


def _slide(moments: deque[float], now: float) -> None:
    while moments and moments[0] <= now - _WINDOW:
        moments.popleft()
