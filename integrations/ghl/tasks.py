"""Thin calls of what the management command calls."""

import logging

from config.celery import app
from integrations.ghl.models import GhlDelivery, SyncRun
from integrations.ghl.push import decisions
from integrations.ghl.push.orders import NotRunning, Order, Report
from integrations.ghl.push.run import Push

log = logging.getLogger(__name__)

SLICE_S = 50.0  # of a long push: tasks stay short, and the next one goes on


@app.task(name="ghl.sync", deliveries=GhlDelivery)
def sync(mode: str = SyncRun.Mode.INCREMENTAL, trigger: str = "schedule") -> None:
    """What another worker is pushing is left to it."""
    _run(Order(mode, trigger=trigger, wait_s=0, limit_s=SLICE_S))


@app.task(name="ghl.push", deliveries=GhlDelivery)
def push(customers: list[int] | None = None, estimates: list[int] | None = None, trigger: str = "admin") -> None:
    """Chosen records, now."""
    _run(Order(SyncRun.Mode.CHOSEN, customer_ids=tuple(customers or ()), estimate_ids=tuple(estimates or ()), trigger=trigger))


@app.task(name="ghl.retry", deliveries=GhlDelivery)
def retry(kind: str, who: str, state: str = "", ids: list[int] | None = None, trigger: str = "admin") -> None:
    """Records of a kind, all in a state or chosen ones, are looked at again; runs send them at the vendor's pace."""
    decisions.look_again(kind, state, ids)
    sync(trigger=trigger)


@app.task(name="ghl.make_again", deliveries=GhlDelivery)
def make_again(kind: str, id: int, trigger: str = "admin") -> None:
    """Somebody decided that a record that was deleted there shall be made again."""
    decisions.make_again(kind, id)
    sync(trigger=trigger)


@app.task(name="ghl.decide", deliveries=GhlDelivery)
def decide(draft: int, approve: bool, who: str, trigger: str = "admin") -> None:
    """What an approved draft held is sent; the brake has had its say."""
    ids = decisions.decide(draft, who, approve=approve)
    if ids:
        _run(Order(SyncRun.Mode.CHOSEN, customer_ids=tuple(ids), estimate_ids=(), trigger=trigger))


def _run(order: Order) -> Report | None:
    try:
        report = Push(order).run()
    except NotRunning:  # switched off, or not set up yet: the admin says so, a schedule need not
        return None
    numbers = {name: number for name, number in report.counts.as_dict().items() if number and name != "unchanged"}
    if numbers or report.error:
        log.log(logging.WARNING if report.error else logging.INFO, "push %s %s %s", report.state, numbers, report.error)
    return report
