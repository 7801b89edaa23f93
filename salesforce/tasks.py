"""Thin calls of what the management command calls."""

import logging

from config.celery import app
from config.isolation.egress.retries import Stats
from salesforce import connect
from salesforce.errors import SalesforceError
from salesforce.http import shared_redis
from salesforce.models import SalesforceDelivery, SyncRun
from salesforce.oauth.alive import keep_alive
from salesforce.oauth.consent import Consent
from salesforce.push import decisions
from salesforce.push.orders import NotRunning, Order, Report
from salesforce.push.run import Push

log = logging.getLogger(__name__)

SLICE_S = 50.0  # of a long push: tasks stay short, and the next one goes on


@app.task(name="salesforce.sync", deliveries=SalesforceDelivery)
def sync(mode: str = SyncRun.Mode.INCREMENTAL, trigger: str = "schedule") -> None:
    """What another run is pushing is left to it."""
    _run(Order(mode, trigger=trigger, wait_s=0, limit_s=SLICE_S))


@app.task(name="salesforce.push", deliveries=SalesforceDelivery)
def push(customers: list[int], trigger: str = "admin") -> None:
    """Chosen customers, now."""
    _run(Order(SyncRun.Mode.CHOSEN, customer_ids=tuple(customers), trigger=trigger))


@app.task(name="salesforce.retry", deliveries=SalesforceDelivery)
def retry(sobject: str, who: str, state: str = "", ids: list[int] | None = None, trigger: str = "admin") -> None:
    """Records of an object, all in a state or chosen ones, are sent again, whether they changed or not."""
    decisions.look_again(sobject, state, ids)
    sync(trigger=trigger)


@app.task(name="salesforce.check", deliveries=SalesforceDelivery)
def check(who: str = "", trigger: str = "schedule") -> None:
    """Looks whether the org is set up as it must be, and stores the findings."""
    try:
        decisions.check_setup(connect.client(), Stats())
    except SalesforceError as error:
        log.warning("The org's set-up could not be checked: %s", error)


@app.task(name="salesforce.keep_alive", deliveries=SalesforceDelivery)
def stay_connected() -> None:
    """Renews the connection before it would lapse unused."""
    try:
        keep_alive(Stats())
    except SalesforceError as error:
        log.warning("Salesforce's tokens could not be renewed: %s", error)


@app.task(name="salesforce.disconnect", deliveries=SalesforceDelivery)
def disconnect(trigger: str = "admin") -> None:
    done = Consent(shared_redis()).disconnect(Stats())
    log.info("Disconnected from Salesforce, by %s. %s", trigger, done.problem)


def _run(order: Order) -> Report | None:
    try:
        report = Push(order).run()
    except NotRunning:  # switched off, or not set up yet: the admin says so, a schedule need not
        return None
    numbers = {name: number for name, number in report.counts.as_dict().items() if number and name != "unchanged"}
    if numbers or report.error:
        log.log(logging.WARNING if report.error else logging.INFO, "push %s %s %s", report.state, numbers, report.error)
    return report
