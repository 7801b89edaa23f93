"""Thin calls of what looks at GoHighLevel: its events, and everything it has."""

import logging
import time

from config.celery import app
from config.isolation.egress.retries import Stats
from config.jobs import queue
from config.jobs.lease import Busy
from integrations.ghl import connect, inbound
from integrations.ghl.client import Client
from integrations.ghl.comparing import alone, compare
from integrations.ghl.errors import DayUsedUp, NotAuthorized
from integrations.ghl.models import GhlDelivery
from integrations.ghl.parity import Report

log = logging.getLogger(__name__)

SLICE_S = 50.0  # of a flood of events: tasks stay short, and the next one goes on


@app.task(name="ghl.inbound", deliveries=GhlDelivery)
def inbound_events(trigger: str = "schedule") -> None:
    """What another worker is at is left to it: who comes last looks once more, when what came meanwhile is there."""
    if (client := _client()) is None:
        return
    inbound.tell(client.location)
    until = time.monotonic() + SLICE_S
    left = 0
    while inbound.open_events() > left:
        try:
            with alone("inbound"):
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
        done = compare(client, trigger)
    except Busy:  # another worker is at it
        return
    log.log(logging.WARNING if done.error else logging.INFO, "comparison with GoHighLevel: %s", done.error or _short(done.report))


def _client() -> Client | None:
    """None where nothing is set up yet: the admin says so, a schedule need not."""
    try:
        return connect.client()
    except NotAuthorized:
        return None


def _work_off(client: Client) -> int:
    """How many events are left open on purpose."""
    counts = inbound.process(client, Stats())
    if numbers := {name: number for name, number in counts.as_dict().items() if number}:
        log.info("events of GoHighLevel: %s", numbers)
    if counts.by_list:
        queue.send("ghl.reconcile", trigger="events")
    return counts.waiting if counts.read < inbound.MOST_READS else 0


def _short(report: Report | None) -> dict[str, dict[str, int]]:
    """Its numbers, without the examples."""
    parts = report.as_dict() if report else {}
    return {
        name: {key: number for key, number in parts[name].items() if isinstance(number, int) and number}
        for name in ("contacts", "opportunities")
        if name in parts
    }
