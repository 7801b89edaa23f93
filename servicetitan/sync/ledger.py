"""What a run does: counted while it runs, kept in `st_sync_log`, shown to whoever watches."""

import traceback
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connections
from django.utils import timezone

from config import correlation
from servicetitan.http import Stats
from servicetitan.load import ALIAS, Merged
from servicetitan.models import SyncLog
from servicetitan.sync.progress import Progress

LONGEST_ERROR = 2000
COUNTS = (
    "fetched", "inserted", "updated", "unchanged", "deactivated", "deleted", "suspected", "rejected", "repaired", "pages",
)  # fmt: skip


@dataclass(frozen=True)
class Tally:
    """Counts of one run. Immutable: a page that is rolled back leaves no trace in them."""

    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    deactivated: int = 0
    deleted: int = 0
    suspected: int = 0
    rejected: int = 0
    repaired: int = 0
    pages: int = 0
    first_txid: int | None = None
    last_txid: int | None = None
    blanked: dict[str, int] = field(default_factory=dict)

    @property
    def unchanged(self) -> int:
        return max(0, self.fetched - self.inserted - self.updated - self.rejected)

    def with_page(self, merged: Merged) -> "Tally":
        names = self.blanked.keys() | merged.blanked.keys()
        return replace(
            self.with_txid(merged.txid),
            fetched=self.fetched + merged.fetched,
            inserted=self.inserted + merged.inserted,
            updated=self.updated + merged.updated,
            deactivated=self.deactivated + merged.deactivated,
            rejected=self.rejected + len(merged.rejects),
            repaired=self.repaired + merged.repaired,
            pages=self.pages + 1,
            blanked={name: self.blanked.get(name, 0) + merged.blanked.get(name, 0) for name in names},
        )

    def with_txid(self, txid: int | None) -> "Tally":
        if txid is None:
            return self
        return replace(self, first_txid=self.first_txid or txid, last_txid=txid)

    def counts(self) -> dict[str, int]:
        """The columns of `st_sync_log` of the same names."""
        return {name: getattr(self, name) for name in COUNTS}


@dataclass
class Ledger:
    """The counts and costs of one run of one feed. Without `row` (a dry run) nothing is kept."""

    entity: str
    mode: str
    progress: Progress
    row: SyncLog | None = None
    tally: Tally = field(default_factory=Tally)
    stats: Stats = field(default_factory=Stats)
    state: str = SyncLog.State.RUNNING
    error: str = ""

    def __post_init__(self) -> None:
        self.stats.on_wait = lambda seconds, why: self.progress.wait(self.entity, seconds, why)

    @property
    def writes(self) -> bool:
        return self.row is not None

    def open(self, run: Any, trigger: str, worker: str, checkpoint: str | None) -> None:
        """Start a log row. Rows that earlier runs of the feed left unfinished are closed: the lease says they are over."""
        now = timezone.now()
        unfinished = SyncLog.objects.filter(entity=self.entity, state=SyncLog.State.RUNNING)
        unfinished.update(state=SyncLog.State.INTERRUPTED, finished_at=now)
        self.row = SyncLog.objects.create(
            run=run, entity=self.entity, mode=self.mode, trigger=trigger, started_at=now, worker=worker,
            checkpoint_before=checkpoint, correlation_id=correlation.current(),
        )  # fmt: skip

    def write(self, tally: Tally, checkpoint: str | None) -> None:
        """Bring the row up to date with what `tally` will be, in the transaction of the page."""
        if self.row is None:
            return
        values = self._numbers(tally) | {"checkpoint_after": checkpoint}
        assignments = ", ".join(f"{name} = %({name})s" for name in values)
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(f"UPDATE servicetitan.st_sync_log SET {assignments} WHERE id = %(id)s", {**values, "id": self.row.pk})

    def advance(self, tally: Tally) -> None:
        """The page is committed: from now on these are the counts."""
        self.tally = tally
        self.progress.page(self.entity, tally)

    def close(self, state: str, error: BaseException | None = None, *, unexpected: bool = False) -> None:
        self.state, self.error = state, str(error)[:LONGEST_ERROR] if error else ""
        if unexpected:
            self.error = f"{type(error).__name__}: {self.error}"
        if self.row is None:
            return
        SyncLog.objects.filter(pk=self.row.pk).update(
            state=state,
            finished_at=timezone.now(),
            error=self.error,
            detail="".join(traceback.format_exception(error)) if error and unexpected else "",
            **self._numbers(self.tally),
        )

    def as_dict(self) -> dict[str, Any]:
        """What `--json` prints of a run."""
        numbers = self._numbers(self.tally)
        numbers.pop("first_txid"), numbers.pop("last_txid")
        return {"entity": self.entity, "mode": str(self.mode), "state": str(self.state), "error": self.error} | numbers

    def _numbers(self, tally: Tally) -> dict[str, Any]:
        return tally.counts() | {
            "first_txid": tally.first_txid,
            "last_txid": tally.last_txid,
            "api_calls": self.stats.calls,
            "retries": self.stats.retries,
            "wait_seconds": round(self.stats.wait_seconds, 3),
            "bytes": self.stats.bytes,
        }
