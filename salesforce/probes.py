"""How Salesforce stands: the connection, its API, the org's calls, what waits to be sent, and what is in conflict."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from config.backoffice.positions import few
from config.jobs import probes as jobs
from config.monitoring import common
from config.monitoring.probes import Check, Node, Reading, State, worse
from salesforce.models import Account, ApiCall, BulkJob, Contact, Org, Pushed, SalesforceDelivery, SyncLog, SyncRun, TokenCopy

UNIT = "salesforce"
DATA, LOGIN = ("SALESFORCE_INSTANCE_URL",), ("SALESFORCE_LOGIN_URL",)
OVERDUE = timedelta(minutes=30)
RECENTLY = timedelta(minutes=5)
SLOW = timedelta(hours=6)
UNUSED = timedelta(days=3)  # of thirty, after which refresh tokens lapse where the app has that limit
ALMOST = 95  # per cent of the org's calls
MANY = 10_000  # rows counted
NEEDS = ("salesforce.token", "salesforce.api", "salesforce.quota", "salesforce.lag", "worker.salesforce", "switch.salesforce")
Row = Pushed.State


def checks() -> tuple[Check, ...]:
    api = Node("salesforce.api", "Salesforce's API", UNIT, ("switch.salesforce",), act="Wait, and look at status.salesforce.com.")
    token = Node("salesforce.token", "Connection to Salesforce", UNIT, ("salesforce.api",),
                 act="Connect again: in the admin under Salesforce.")  # fmt: skip
    setup = Node("salesforce.setup", "Set-up of the org", UNIT, ("salesforce.token",), act="Run manage.py salesforce_check.")
    quota = Node("salesforce.quota", "The org's calls in 24 hours", UNIT, act="It goes on by itself; look who else uses them.")
    lag = Node("salesforce.lag", "Changes read for Salesforce", UNIT, ("worker.salesforce",), settles_s=600)
    backlog = Node("salesforce.backlog", "Records to be sent to Salesforce", UNIT, (*NEEDS, "salesforce.setup"),
                   settles_s=1800, act="Look at the page Runs.")  # fmt: skip
    faults = Node("salesforce.records", "Salesforce: in conflict or failed", UNIT, ("salesforce.token", "salesforce.api"),
                  act="Look at them in the admin.")  # fmt: skip
    return (
        jobs.worker(UNIT, "Salesforce", "api_server", SalesforceDelivery),
        Check("salesforce.calls", (api, token), _calls),
        Check("salesforce.lag", (lag,), lambda at: {"salesforce.lag": common.lag("salesforce.feed_positions", at)}),
        Check("salesforce.work", (setup, quota, backlog, faults), _work),
    )


def _calls(at: datetime) -> Mapping[str, Reading]:
    rows = ApiCall.objects.all()
    api = worse([common.vendor(rows, "Salesforce", (setting,), at) for setting in (*DATA, *LOGIN)])
    return {"salesforce.api": api, "salesforce.token": _token(rows, at)}


def _token(rows: Any, at: datetime) -> Reading:
    """A session that ended is refused as well, and renewed: what counts is whether the login itself is."""
    reading = common.login(rows, LOGIN, (400, 401), at)
    last = SyncRun.objects.order_by("-id").first()
    if reading.state == State.OK and last and last.state == SyncRun.State.FAILED and "onnect" in last.error:
        return Reading(State.BAD, last.error)
    copy = TokenCopy.objects.defer("sealed").first()
    if reading.state == State.OK and copy is not None and at - copy.saved_at > UNUSED:
        return Reading(State.WARNING, f"It was last renewed {(at - copy.saved_at).days} days ago, and should be every day.")
    return reading


def _work(at: datetime) -> Mapping[str, Reading]:
    models: tuple[Any, ...] = (Contact, Account)
    return {
        "salesforce.setup": _setup(),
        "salesforce.quota": _quota(),
        "salesforce.backlog": worse([*(_backlog(model, at) for model in models), _jobs(at)]),
        "salesforce.records": worse([_faults(model) for model in models]),
    }


def _setup() -> Reading:
    org = Org.objects.order_by("-seen_at").defer("objects_described").first()
    bad = [finding["what"] for finding in (org.findings if org else []) if finding.get("level") == "bad"]
    return Reading(State.BAD, " ".join(bad)) if bad else Reading(State.OK, "Nothing is wrong with it, as last checked.")


def _quota() -> Reading:
    org = Org.objects.order_by("-seen_at").defer("objects_described").first()
    if org is None or org.calls_used is None or not org.calls_most:
        return Reading(State.OK, "Not known yet.")
    share = 100 * org.calls_used / org.calls_most
    last = SyncRun.objects.order_by("-id").first()
    figures = {"used": float(org.calls_used), "most": float(org.calls_most)}
    text = f"{org.calls_used:,} of {org.calls_most:,} are used ({share:.0f} %)."
    waits = last is not None and last.state == SyncRun.State.WAITING
    return Reading(State.BAD if waits or share >= ALMOST else State.OK, text, figures)


def _backlog(model: Any, at: datetime) -> Reading:
    due = model._default_manager.filter(due_at__lte=at, job__isnull=True)
    count, text = few(due, MANY)
    oldest = due.order_by("due_at").values_list("due_at", flat=True).first()
    age = (at - oldest).total_seconds() if oldest else 0.0
    figures = {"waiting": float(count), "age_seconds": age}
    said = f"{text} {model._meta.verbose_name_plural} wait, the longest for {age / 60:.0f} min." if count else "Nothing waits."
    return Reading(State.BAD if age > OVERDUE.total_seconds() and not _sending(at) else State.OK, said, figures)


def _sending(at: datetime) -> bool:
    """Whether something was sent lately: a long back-fill is no fault."""
    newest = SyncLog.objects.order_by("-id").values_list("at", flat=True).first()
    return newest is not None and newest > at - RECENTLY


def _jobs(at: datetime) -> Reading:
    slow = BulkJob.objects.filter(state=BulkJob.State.CLOSED, closed_at__lt=at - SLOW).order_by("id").first()
    if slow is None or slow.closed_at is None:
        return Reading(State.OK)
    hours = (at - slow.closed_at).total_seconds() / 3600
    return Reading(State.BAD, f"Salesforce has worked on a bulk job for {hours:.0f} hours.")


def _faults(model: Any) -> Reading:
    failed, failed_text = few(model._default_manager.filter(state=Row.FAILED), MANY)
    conflicts, conflicts_text = few(model._default_manager.filter(state=Row.CONFLICT), MANY)
    figures = {"failed": float(failed), "conflicts": float(conflicts)}
    text = f"{failed_text} {model._meta.verbose_name_plural} failed, {conflicts_text} are in conflict."
    return Reading(State.WARNING if failed or conflicts else State.OK, text, figures)
