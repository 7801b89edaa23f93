"""Counting calls, and the 60 calls a second (contract section 4)."""

import time
from collections import deque
from typing import Any

from config.sandbox import traffic
from servicetitan.sandbox.api.errors import GatewayError


class Traffic(traffic.Traffic):
    def __init__(self) -> None:
        super().__init__(r"(?<!tenant)/\d+(?=/|$)")

    def forget(self) -> None:
        super().forget()
        self._admitted: deque[float] = deque()

    def admit(self, limit: int) -> None:
        """Refused calls do not use up the budget."""
        now = time.monotonic()
        with self.lock:
            traffic.slide(self._admitted, now - self.window)
            if limit and len(self._admitted) >= limit:
                raise GatewayError(429, "Rate limit is exceeded. Try again in 1 seconds.", retry_seconds=1)
            self._admitted.append(now)

    def report(self) -> dict[str, Any]:
        return super().report() | {"peakCallsInASecond": self.peak}
