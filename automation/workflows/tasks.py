"""Thin calls of what the management command calls."""

import logging

from django.utils import timezone

from automation.workflows import moving, tick
from automation.workflows.models import AutomationDelivery, Workflow
from automation.workflows.tick import NotRunning, Report
from config.celery import app

log = logging.getLogger(__name__)

SLICE_S = 40.0  # tasks stay short, and the next one goes on


@app.task(name="automation.tick", deliveries=AutomationDelivery)
def go_on(trigger: str = "schedule") -> None:
    """What is due."""
    _tell(with_calendar=False)


@app.task(name="automation.calendar", deliveries=AutomationDelivery)
def look_at_the_calendar(trigger: str = "schedule") -> None:
    """And what became due by the calendar alone."""
    _tell(with_calendar=True)


@app.task(name="automation.move", deliveries=AutomationDelivery)
def move(workflow: int, who: str, trigger: str = "admin") -> None:
    """Somebody decided that who is inside goes on in the newest version."""
    moved = moving.move(Workflow.objects.get(pk=workflow), timezone.now(), who)
    log.info("%s moved to the newest version", moved)


def _tell(*, with_calendar: bool) -> None:
    try:
        report: Report = tick.once(limit_s=SLICE_S, with_calendar=with_calendar)
    except NotRunning:  # held: the admin says so, a schedule need not
        return
    numbers = {name: number for name, number in report.as_dict().items() if number}
    if set(numbers) - {"changes"}:
        log.log(logging.WARNING if report.moved.failed else logging.INFO, "workflows %s", numbers)
