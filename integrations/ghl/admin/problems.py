"""What of GoHighLevel needs a person, a sentence each."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from config.backoffice import pages, show
from config.backoffice.dashboard import Problem
from integrations.ghl.models import Account, Contact, Draft, Opportunity, Pushed, StageRule, SyncRun
from integrations.ghl.rules import misfits

State, RunState = Pushed.State, SyncRun.State
Counts = dict[str, dict[str, int]]  # by kind: what is due, in conflict, failed
KINDS: tuple[tuple[str, Any], ...] = (("contacts", Contact), ("opportunities", Opportunity))
MOST = 40_000  # rows counted; more are written as "40,000+"
SILENT = timedelta(minutes=30)  # with records due, and no run since


def problems(last: SyncRun, compared: SyncRun | None, counts: Counts, now: datetime) -> Iterator[Problem]:
    yield from _of_runs(last, counts, now)
    for draft in Draft.objects.filter(state=Draft.State.OPEN).order_by("-id")[:3]:
        text = f"{draft.changes:,} contacts would change at GoHighLevel at once and wait for your approval."
        yield Problem(text, pages.page_of(Draft, draft.pk))
    for name, model in KINDS:
        yield from _of_records(name, model, counts[name])
    yield from _of_rules()
    yield from _of_twins(compared)


def _of(count: int, name: str) -> str:
    """ "1 contact", "3 opportunities"."""
    singular = "opportunity" if name == "opportunities" else "contact"
    return f"{many(count)} {singular if count == 1 else name}"


def many(count: int) -> str:
    return f"{MOST:,}+" if count > MOST else f"{count:,}"


def _of_runs(last: SyncRun, counts: Counts, now: datetime) -> Iterator[Problem]:
    ago = show.age(last.started_at, now)
    if last.state == RunState.FAILED:
        text = f"The last run to GoHighLevel failed {ago}: {show.short(last.error, 160)}"
        yield Problem(text, pages.page_of(SyncRun, last.pk))
    due = any(counts[name]["due"] for name, _ in KINDS)
    if due and last.started_at < now - SILENT and last.state != RunState.RUNNING:
        text = f"Records wait to be sent to GoHighLevel, and the last run was {ago}. Is the worker running?"
        yield Problem(text, pages.list_of(SyncRun))


def _of_records(name: str, model: Any, counts: dict[str, int]) -> Iterator[Problem]:
    if count := counts[State.FAILED]:
        text = f"{_of(count, name)} could not be sent to GoHighLevel. It is tried again by itself; look why."
        yield Problem(text, pages.list_of(model, state=State.FAILED.value))
    if count := counts[State.CONFLICT]:
        verb = "is" if count == 1 else "are"
        text = f"{_of(count, name)} {verb} in conflict with what GoHighLevel has: look at both sides."
        yield Problem(text, pages.list_of(model, state=State.CONFLICT.value))


def _of_rules() -> Iterator[Problem]:
    account = Account.objects.order_by("-seen_at").first()
    if account and (wrong := misfits(StageRule.objects.all(), account)):
        rules = "1 stage rule points" if len(wrong) == 1 else f"{len(wrong)} stage rules point"
        yield Problem(f"{rules} to what GoHighLevel does not have.", pages.list_of(StageRule))


def _of_twins(compared: SyncRun | None) -> Iterator[Problem]:
    found = (compared.parity if compared else None) or {}
    if compared and (twins := sum(len(found.get(name, {}).get("twins", ())) for name, _ in KINDS)):
        yield Problem(f"{twins:,} records are at GoHighLevel twice.", pages.page_of(SyncRun, compared.pk))
