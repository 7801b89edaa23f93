"""What a run of the push is asked to do, and what it tells afterwards."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from config.feed.consumer import Caught
from config.isolation.egress.retries import Stats
from config.jobs.lease import TTL_S
from integrations.ghl.models import SyncRun
from integrations.ghl.push.keep import Counts

CONTACTS, OPPORTUNITIES = "contacts", "opportunities"
KINDS = (CONTACTS, OPPORTUNITIES)
CALLS_EACH = 1.3  # of a record, tags and looks included: for the forecast before anything is measured
Mode, RunState = SyncRun.Mode, SyncRun.State


class NotRunning(Exception):
    """The unit is switched off or not configured. The message says which."""


class Stopped(Exception):
    """Somebody asked the run to end."""


@dataclass(frozen=True)
class Order:
    """What to push. `wait_s`: for another run to end. `limit_s`: leave the rest to the next run after so long."""

    mode: str = Mode.INCREMENTAL
    kinds: tuple[str, ...] = KINDS
    customer_ids: tuple[int, ...] | None = None
    estimate_ids: tuple[int, ...] | None = None
    since: datetime | None = None
    trigger: str = "manual"
    dry_run: bool = False
    braking: bool = True
    wait_s: float = TTL_S + 5
    limit_s: float | None = None


@dataclass
class Report:
    """What a run did. `state`: one of SyncRun's, or "idle", "busy" or "dry run". `would`: some of what a dry run would send."""

    state: str = "idle"
    mode: str = Mode.INCREMENTAL
    error: str = ""
    changes: int = 0
    caught: Caught = field(default_factory=Caught)
    counts: Counts = field(default_factory=Counts)
    stats: Stats = field(default_factory=Stats)
    would: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.state in ("idle", "dry run", RunState.SUCCEEDED, RunState.PARTIAL)

    def as_dict(self) -> dict[str, Any]:
        numbers = {"api_calls": self.stats.calls, "retries": self.stats.retries}
        numbers["wait_seconds"] = round(self.stats.wait_seconds, 3)  # type: ignore[assignment] # seconds are no count
        found = {"ok": self.ok, "state": str(self.state), "mode": str(self.mode), "error": self.error, "changes": self.changes}
        return found | self.counts.as_dict() | numbers | ({"would": self.would} if self.state == "dry run" else {})


def forecast_s(records: int) -> float:
    """Seconds that so many records take at the vendor's pace."""
    return records * CALLS_EACH * 10 / settings.GHL_CALLS_PER_10_S
