"""What a run of the push is asked to do, and what it tells afterwards."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from config.feed.consumer import Caught
from config.isolation.egress.retries import Stats
from config.jobs.lease import TTL_S
from salesforce.models import SyncRun

Mode, RunState = SyncRun.Mode, SyncRun.State


class NotRunning(Exception):
    """The unit is switched off or not set up. The message says which."""


class Stopped(Exception):
    """Somebody asked the run to end."""


@dataclass(frozen=True)
class Order:
    """What to push. `wait_s`: for another run to end. `limit_s`: leave the rest to the next run after so long."""

    mode: str = Mode.INCREMENTAL
    customer_ids: tuple[int, ...] | None = None
    since: datetime | None = None
    trigger: str = "manual"
    dry_run: bool = False
    wait_s: float = TTL_S + 5
    limit_s: float | None = None


@dataclass
class Counts:
    looked_at: int = 0
    unchanged: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    conflicts: int = 0
    failed: int = 0
    pending: int = 0

    def add(self, **numbers: int) -> None:
        for name, number in numbers.items():
            setattr(self, name, getattr(self, name) + number)

    def as_dict(self) -> dict[str, int]:
        return dict(vars(self))


@dataclass
class Report:
    """What a run did. `state`: one of SyncRun's, or "idle", "busy" or "dry run". `would`: some of what a dry run would send.

    `problems`: lines of the mapping that cannot be carried out.
    """

    state: str = "idle"
    mode: str = Mode.INCREMENTAL
    error: str = ""
    changes: int = 0
    caught: Caught = field(default_factory=Caught)
    counts: Counts = field(default_factory=Counts)
    stats: Stats = field(default_factory=Stats)
    problems: list[str] = field(default_factory=list)
    would: list[dict[str, Any]] = field(default_factory=list)
    run: int | None = None

    @property
    def ok(self) -> bool:
        return self.state in ("idle", "dry run", RunState.SUCCEEDED, RunState.PARTIAL)

    def as_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "ok": self.ok, "state": str(self.state), "mode": str(self.mode), "run": self.run, "error": self.error,
            "changes": self.changes, **self.counts.as_dict(), "api_calls": self.stats.calls, "retries": self.stats.retries,
            "wait_seconds": round(self.stats.wait_seconds, 3), "problems": self.problems,
        }  # fmt: skip
        return found | ({"would": self.would} if self.state == "dry run" else {})
