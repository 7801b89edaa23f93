"""Thin calls of what looks at GoHighLevel: its events, and everything it has."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from config.celery import app
from config.isolation.egress.retries import Stats
from config.isolation.switches import SwitchedOff
from config.jobs import queue
from config.jobs.lease import Busy, new_holder
from integrations.ghl import connect, inbound
from integrations.ghl.client import Client
from integrations.ghl.errors import DayUsedUp, GhlError, NotAuthorized
from integrations.ghl.models import GhlDelivery, SyncRun
from integrations.ghl.parity import Report
from integrations.ghl.push.keep import LEASES
from integrations.ghl.reconcile import reconcile as compare

log = logging.getLogger(__name__)

SLICE_S = 50.0  # of a flood of events: tasks stay short, and the next one goes on


@app.task(name="ghl.inbound", deliveries=GhlDelivery)
def inbound_events(trigger: str = "schedule") -> None:
    """What another worker is at is left to it: who comes last looks once more, when what came meanwhile is there."""
    if (client := _client()) is None:
        return
    until = time.monotonic() + SLICE_S
    left = 0
    while inbound.open_events() > left:
        try:
            with _alone("inbound"):
                left = _work_off(client)
        except Busy:
            return
        except DayUsedUp as used_up:
            log.info("events of GoHighLevel wait: %s", used_up)
            return
        if time.monotonic() > until:
            queue.send("ghl.inbound", trigger="rest")
            return


@app.task(name="ghl.reconcile", deliveries=GhlDelivery)
def reconcile(trigger: str = "schedule") -> None:
    client = _client()
    if client is None:
        return
    try:
        with _alone("reconcile"):
            _compared(client, trigger)
    except Busy:  # another worker is at it
        return


def _client() -> Client | None:
    """None where nothing is set up yet: the admin says so, a schedule need not."""
    try:
        return connect.client()
    except NotAuthorized:
        return None


@contextmanager
def _alone(what: str) -> Iterator[None]:
    """Raises Busy."""
    holder = new_holder()
    fence = LEASES.take(what, holder, 0)
    try:
        with LEASES.heartbeat(holder):
            yield
    finally:
        LEASES.release(what, fence)


def _work_off(client: Client) -> int:
    """How many events are left open on purpose."""
    counts = inbound.process(client, Stats())
    if numbers := {name: number for name, number in counts.as_dict().items() if number}:
        log.info("events of GoHighLevel: %s", numbers)
    if counts.by_list:
        queue.send("ghl.reconcile", trigger="events")
    return counts.waiting if counts.read < inbound.MOST_READS else 0


def _compared(client: Client, trigger: str) -> Report | None:
    """With a row of the run, whatever comes of it."""
    stats, state, error, report = Stats(), SyncRun.State.FAILED, "", None
    run = SyncRun.objects.create(mode=SyncRun.Mode.RECONCILE, trigger=trigger, started_at=timezone.now())
    try:
        report = compare(client, stats, run=run)
        state, error = (SyncRun.State.SUCCEEDED, "") if report.ok else (SyncRun.State.FAILED, report.problem)
    except DayUsedUp as used_up:
        state, error = SyncRun.State.WAITING, str(used_up)
    except (GhlError, SwitchedOff) as refused:
        error = str(refused)
    except Exception as other:
        error = f"{type(other).__name__}: {other}"
        raise
    finally:
        SyncRun.objects.filter(pk=run.pk).update(
            state=state, error=error[:2000], finished_at=timezone.now(), api_calls=stats.calls, retries=stats.retries,
            wait_seconds=round(stats.wait_seconds, 3), **_numbers(report),
        )  # fmt: skip
    log.log(logging.WARNING if error else logging.INFO, "comparison with GoHighLevel: %s", error or _short(report))
    return report


def _numbers(report: Report | None) -> dict[str, int]:
    if report is None:
        return {}
    parts = (report.contacts, report.opportunities)
    return {
        "looked_at": sum(part.at_ghl for part in parts),
        "adopted": sum(part.adopted for part in parts),
        "updated": sum(part.changed for part in parts),
        "conflicts": sum(part.gone + len(part.twins) for part in parts),
    }


def _short(report: Report | None) -> dict[str, dict[str, int]]:
    """Its numbers, without the examples."""
    parts = report.as_dict() if report else {}
    return {
        name: {key: number for key, number in parts[name].items() if isinstance(number, int) and number}
        for name in ("contacts", "opportunities")
        if name in parts
    }
