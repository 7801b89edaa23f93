"""Thin calls of what the management command calls."""

import logging

from django.utils import timezone

from automation.messaging import answering, simulating
from automation.messaging.delivery import run
from automation.workflows.models import AutomationDelivery
from config.celery import app

log = logging.getLogger(__name__)

SLICE_S = 40.0  # tasks stay short, and the next one goes on


@app.task(name="automation.send", deliveries=AutomationDelivery)
def send(trigger: str = "schedule") -> None:
    """What is due. Held by a switch or after a restore, it waits: the admin and the monitor say so."""
    report = run.once(limit_s=SLICE_S)
    numbers = {name: number for name, number in report.as_dict().items() if number and name != "why"}
    if numbers:
        log.info("messages %s", numbers)


@app.task(name="automation.simulate", deliveries=AutomationDelivery)
def simulate(version: int, days: int, who: str, trigger: str = "admin") -> None:
    """Of a version that is stored; what comes of it stands on the page Simulations."""
    simulating.store(version, days, who, timezone.now())


@app.task(name="automation.answers", deliveries=AutomationDelivery)
def answers(trigger: str = "webhook") -> None:
    """What just came in: a STOP counts at once."""
    answering.answer(timezone.now())
