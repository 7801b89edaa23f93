"""100 calls in 10 seconds and 200,000 a day, per location, on the sandbox's clock (contract section 10)."""

from collections import deque
from typing import Any

from config.sandbox import moments
from config.sandbox.traffic import slide
from integrations.ghl.sandbox.api.errors import throttled
from integrations.ghl.sandbox.switches import Switches


class Limits:
    """Refused calls use nothing up. Called under the sandbox's lock."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._recent: deque[float] = deque()
        self._day = 0
        self.today = 0
        self.peak = 0
        self.refused = 0

    def admit(self, now: int, switches: Switches) -> None:
        self._move(now, switches)
        burst = switches.burst_limit and len(self._recent) >= switches.burst_limit
        if burst or (switches.daily_limit and self.today >= switches.daily_limit):
            self.refused += 1
            headers = self.headers(now, switches)
            if switches.retry_after:
                headers["Retry-After"] = str(self._wait(now, switches))
            raise throttled(**headers)
        self.today += 1
        self._recent.append(now)
        self.peak = max(self.peak, len(self._recent))

    def _move(self, now: int, switches: Switches) -> None:
        window = int(switches.burst_seconds * moments.SECOND)
        start = now - window if switches.burst_window == "sliding" else now // window * window - 1
        slide(self._recent, start)
        if now // moments.DAY != self._day:
            self._day, self.today = now // moments.DAY, 0

    def _wait(self, now: int, switches: Switches) -> int:
        if switches.daily_limit and self.today >= switches.daily_limit:
            return (moments.DAY - now % moments.DAY) // moments.SECOND + 1
        return int(switches.burst_seconds)

    def headers(self, now: int, switches: Switches) -> dict[str, str]:
        if not switches.rate_headers:
            return {}
        self._move(now, switches)
        return {
            "X-RateLimit-Limit-Daily": str(switches.daily_limit),
            "X-RateLimit-Daily-Remaining": str(max(0, switches.daily_limit - self.today)),
            "X-RateLimit-Interval-Milliseconds": str(int(switches.burst_seconds * 1000)),
            "X-RateLimit-Max": str(switches.burst_limit),
            "X-RateLimit-Remaining": str(max(0, switches.burst_limit - len(self._recent))),
        }

    def report(self) -> dict[str, Any]:
        return {"today": self.today, "peakInAWindow": self.peak, "refused": self.refused}
