"""Calls in any 24 hours, for the whole org, on the sandbox's clock (contract section 8)."""

from collections import deque
from typing import Any

from config.sandbox.moments import DAY, SECOND
from config.sandbox.traffic import slide
from salesforce.sandbox.switches import Switches

APP = "ServiceTitan hub"
_UNLIMITED = 5_000_000  # what an answer names where no limit is set: a full sandbox's


class Limits:
    """Refused calls use nothing up (A). Called under the sandbox's lock."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._calls: deque[float] = deque()
        self.others = 0  # calls of the org's other integrations, which count alike
        self.refused = 0

    def admit(self, now: int, switches: Switches) -> bool:
        slide(self._calls, now - DAY)
        if switches.daily_limit and self.used >= switches.daily_limit + switches.daily_overshoot:
            self.refused += 1
            return False
        self._calls.append(now)
        return True

    @property
    def used(self) -> int:
        return len(self._calls) + self.others

    def header(self, now: int, switches: Switches) -> str:
        slide(self._calls, now - DAY)
        most = switches.daily_limit or _UNLIMITED
        usage = f"api-usage={self.used}/{most}"
        own = f"; per-app-api-usage={len(self._calls)}/{most}(appName={APP})"
        return usage + (own if switches.per_app_usage else "")

    def described(self, now: int, switches: Switches) -> dict[str, Any]:
        """What GET /limits shows, which may be late."""
        horizon = now - switches.limits_lag * SECOND
        seen = sum(call <= horizon for call in self._calls) if switches.limits_lag else len(self._calls)
        most = switches.daily_limit or _UNLIMITED
        return {
            "DailyApiRequests": {"Max": most, "Remaining": max(0, most - seen - self.others)},
            "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DataStorageMB": {"Max": 1_073, "Remaining": 1_000},
            "FileStorageMB": {"Max": 1_073, "Remaining": 1_000},
        }

    def report(self) -> dict[str, Any]:
        return {"calls": len(self._calls), "others": self.others, "refused": self.refused}
