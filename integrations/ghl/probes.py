"""How GoHighLevel stands: its token, its API, what waits to be sent, what is in conflict, and whether both sides are equal."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from config.backoffice.positions import few
from config.jobs import probes as jobs
from config.monitoring import common
from config.monitoring.probes import Check, Node, Reading, State, worse
from integrations.ghl.models import ApiCall, Contact, Draft, GhlDelivery, Opportunity, Pushed, SyncLog, SyncRun

UNIT = "ghl"
API = ("GHL_API_URL",)
OVERDUE = timedelta(minutes=30)
RECENTLY = timedelta(minutes=5)
MANY = 10_000  # rows counted
COMPARED = timedelta(hours=50)
NEEDS = ("ghl.token", "ghl.api", "ghl.budget", "ghl.lag", "worker.ghl", "switch.ghl")
Row = Pushed.State


def checks() -> tuple[Check, ...]:
    api = Node("ghl.api", "GoHighLevel's API", UNIT, ("switch.ghl",), act="Wait, and look at their status page.")
    token = Node("ghl.token", "GoHighLevel's token", UNIT, ("ghl.api",),
                 act="Make a new private integration token, or connect again: manage.py ghl_connect.")  # fmt: skip
    budget = Node("ghl.budget", "GoHighLevel's daily calls", UNIT, act="It goes on by itself tomorrow (UTC).")
    lag = Node("ghl.lag", "Changes read for GoHighLevel", UNIT, ("worker.ghl",), settles_s=600)
    backlog = Node("ghl.backlog", "Records to be sent to GoHighLevel", UNIT, NEEDS, settles_s=1800, act="Look at the page Runs.")
    draft = Node("ghl.draft", "Drafts of the brake", UNIT, act="Approve or reject it in the admin.")
    vendor = ("ghl.token", "ghl.api")
    faults = Node("ghl.records", "GoHighLevel: in conflict or failed", UNIT, vendor, act="Look at both sides in the admin.")
    parity = Node("ghl.parity", "Equality with GoHighLevel", UNIT, (*vendor, "worker.ghl", "switch.ghl"), 7200)
    return (
        jobs.worker(UNIT, "GoHighLevel", "st_workflow_worker", GhlDelivery),
        Check("ghl.calls", (api, token), _calls),
        Check("ghl.lag", (lag,), lambda at: {"ghl.lag": common.lag("integrations.ghl_feed_positions", at)}),
        Check("ghl.work", (budget, backlog, draft, faults, parity), _work),
    )


def _calls(at: datetime) -> Mapping[str, Reading]:
    rows = ApiCall.objects.all()
    return {"ghl.api": common.vendor(rows, "GoHighLevel", API, at), "ghl.token": common.login(rows, API, (401, 403), at)}


def _work(at: datetime) -> Mapping[str, Reading]:
    models: tuple[Any, ...] = (Contact, Opportunity)
    return {
        "ghl.budget": _budget(),
        "ghl.backlog": worse([_backlog(model, at) for model in models]),
        "ghl.draft": _draft(),
        "ghl.records": worse([_faults(model) for model in models]),
        "ghl.parity": _parity(at),
    }


def _budget() -> Reading:
    last = SyncRun.objects.exclude(mode=SyncRun.Mode.RECONCILE).defer("parity").order_by("-id").first()
    used_up = last is not None and last.state == SyncRun.State.WAITING
    return Reading(State.BAD, last.error) if last and used_up else Reading(State.OK, "There are calls left.")


def _backlog(model: Any, at: datetime) -> Reading:
    due = model._default_manager.filter(due_at__lte=at, draft__isnull=True)
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


def _draft() -> Reading:
    draft = Draft.objects.filter(state=Draft.State.OPEN).order_by("-id").first()
    if draft is None:
        return Reading(State.OK, "None is open.")
    return Reading(State.BAD, f"{draft.changes:,} contacts would change at once and wait for an approval.")


def _faults(model: Any) -> Reading:
    failed, failed_text = few(model._default_manager.filter(state=Row.FAILED), MANY)
    conflicts, conflicts_text = few(model._default_manager.filter(state=Row.CONFLICT), MANY)
    figures = {"failed": float(failed), "conflicts": float(conflicts)}
    text = f"{failed_text} {model._meta.verbose_name_plural} failed, {conflicts_text} are in conflict."
    return Reading(State.WARNING if failed or conflicts else State.OK, text, figures)


def _parity(at: datetime) -> Reading:
    last = SyncRun.objects.filter(mode=SyncRun.Mode.RECONCILE, parity__isnull=False).order_by("-id").first()
    if last is None or last.parity is None:
        return Reading(State.OK, "They were not compared yet.")
    parts = [last.parity.get(name, {}) for name in ("contacts", "opportunities")]
    missing, differ = (sum(part.get(name, 0) for part in parts) for name in ("missing", "differ"))
    twins = sum(len(part.get("twins", ())) for part in parts)
    figures = {"missing": float(missing), "differ": float(differ), "twins": float(twins)}
    text = f"{missing:,} are missing, {differ:,} differ, {twins:,} are there twice."
    if twins:
        return Reading(State.BAD, text, figures)
    if at - last.started_at > COMPARED:
        return Reading(State.WARNING, f"They were last compared {(at - last.started_at).days} days ago.", figures)
    return Reading(State.WARNING if missing or differ else State.OK, text, figures)
