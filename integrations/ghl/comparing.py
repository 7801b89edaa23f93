"""A comparison as a run: one at a time, with a row that says what came of it, whatever did."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from config.isolation.egress.retries import Stats
from config.isolation.switches import SwitchedOff
from config.jobs.lease import new_holder
from config.jobs.progress import Progress
from integrations.ghl.client import Client
from integrations.ghl.errors import DayUsedUp, GhlError
from integrations.ghl.models import SyncRun
from integrations.ghl.parity import Report
from integrations.ghl.push.keep import LEASES
from integrations.ghl.push.orders import Stopped
from integrations.ghl.reconcile import reconcile

State = SyncRun.State


@dataclass
class Compared:
    """`state`: one of SyncRun's. `report` is None where the comparison was not finished; `error` then says why."""

    state: str
    error: str
    report: Report | None
    stats: Stats

    @property
    def ok(self) -> bool:
        return self.state == State.SUCCEEDED

    def as_dict(self) -> dict[str, Any]:
        found = {"ok": self.ok, "state": str(self.state), "error": self.error, "mode": str(SyncRun.Mode.RECONCILE)}
        numbers = {"api_calls": self.stats.calls, "retries": self.stats.retries}
        return (self.report.as_dict() if self.report else {}) | found | numbers


@contextmanager
def alone(what: str) -> Iterator[None]:
    """No other process does the same meanwhile. Raises Busy."""
    holder = new_holder()
    fence = LEASES.take(what, holder, 0)
    try:
        with LEASES.heartbeat(holder):
            yield
    finally:
        LEASES.release(what, fence)


def compare(client: Client, trigger: str, progress: Progress | None = None) -> Compared:
    """Raises Busy where another process is at it."""
    with alone("reconcile"):
        return _compare(client, trigger, progress or Progress())


def _compare(client: Client, trigger: str, progress: Progress) -> Compared:
    rows = SyncRun.objects.filter(mode=SyncRun.Mode.RECONCILE)
    rows.filter(state=State.RUNNING).update(state=State.INTERRUPTED, finished_at=Now())  # whose process was killed
    run = SyncRun.objects.create(mode=SyncRun.Mode.RECONCILE, trigger=trigger, started_at=timezone.now())
    done = Compared(State.FAILED, "", None, Stats(on_wait=progress.wait))
    try:
        done.report = report = reconcile(client, done.stats, progress, run)
        done.state, done.error = (State.SUCCEEDED, "") if report.ok else (State.FAILED, report.problem)
    except DayUsedUp as used_up:
        done.state, done.error = State.WAITING, str(used_up)
    except Stopped as stopped:
        done.state, done.error = State.INTERRUPTED, str(stopped)
    except (GhlError, SwitchedOff) as refused:
        done.error = str(refused)
    except Exception as other:
        done.error = f"{type(other).__name__}: {other}"
        raise
    finally:
        _close(run, done)
    return done


def _close(run: SyncRun, done: Compared) -> None:
    stats = done.stats
    SyncRun.objects.filter(pk=run.pk).update(
        state=done.state, error=done.error[:2000], finished_at=timezone.now(), api_calls=stats.calls, retries=stats.retries,
        wait_seconds=round(stats.wait_seconds, 3), **_numbers(done.report),
    )  # fmt: skip


def _numbers(report: Report | None) -> dict[str, Any]:
    if report is None:
        return {}
    parts = (report.contacts, report.opportunities)
    return {
        "looked_at": sum(part.at_ghl for part in parts),
        "adopted": sum(part.adopted for part in parts),
        "updated": sum(part.changed for part in parts),
        "conflicts": sum(part.gone + len(part.twins) for part in parts),
        "parity": report.as_dict(),
    }
