"""How the states of the push are called and coloured, and where a record is at GoHighLevel."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.wording import lower
from integrations.models import Account, Contact, Opportunity, RunLease, SyncLog, SyncRun
from servicetitan.models import Customer, Estimate

RunState, Mode = SyncRun.State, SyncRun.Mode
State = Contact.State
Act = SyncLog.Act
Kind = SyncLog.Kind
MODELS: dict[str, type[Contact] | type[Opportunity]] = {Kind.CONTACT: Contact, Kind.OPPORTUNITY: Opportunity}
PLURAL: dict[str, str] = {Kind.CONTACT: "contacts", Kind.OPPORTUNITY: "opportunities"}
REMEMBERED_S = 60

RUN_TONES = {
    RunState.RUNNING: show.INFO, RunState.SUCCEEDED: show.GOOD, RunState.PARTIAL: show.WARNING, RunState.FAILED: show.BAD,
    RunState.BRAKED: show.BAD, RunState.WAITING: show.WARNING, RunState.INTERRUPTED: show.WARNING,
}  # fmt: skip
RUN_WORDS = {RunState.BRAKED: "stopped by the brake", RunState.WAITING: "day's calls used up", RunState.PARTIAL: "some failed"}
MODE_WORDS = {
    Mode.INCREMENTAL: "what changed", Mode.BACKFILL: "back-fill", Mode.FULL: "everything again", Mode.CHOSEN: "chosen records",
    Mode.RECONCILE: "comparison",
}  # fmt: skip
MODE_CHOICES = tuple((str(mode.value), text) for mode, text in MODE_WORDS.items())
TONES = {
    State.NEW: show.PLAIN, State.PENDING: show.INFO, State.SENT: show.GOOD, State.SKIPPED: show.PLAIN,
    State.CONFLICT: show.WARNING, State.FAILED: show.BAD,
}  # fmt: skip
WORDS = {
    State.NEW: "new", State.PENDING: "to be sent", State.SENT: "sent", State.SKIPPED: "not to be sent",
    State.CONFLICT: "conflict", State.FAILED: "failed",
}  # fmt: skip
STATE_CHOICES = tuple((str(state.value), words) for state, words in WORDS.items())
ACT_WORDS = {
    Act.CREATE: "created", Act.ADOPT: "taken over", Act.UPDATE: "updated", Act.TAGS: "tags changed", Act.NOTHING: "nothing sent",
}  # fmt: skip
ACT_CHOICES = tuple((str(act.value), text) for act, text in ACT_WORDS.items())


def state_pill(state: str) -> SafeString:
    return show.pill(WORDS[State(state)], TONES[State(state)])


def condition(row: Any) -> SafeString:
    """The record's state; what was deleted there is no ordinary conflict."""
    return show.pill("deleted there", show.BAD) if row.gone_at else state_pill(row.state)


def act(log: SyncLog) -> str:
    """What was done; a try that did not succeed is not called done."""
    if log.state in (State.FAILED, State.PENDING):
        return f"{lower(Act(log.act))} tried" if log.act != Act.NOTHING else ACT_WORDS[Act.NOTHING]
    return ACT_WORDS[Act(log.act)]


# Runs


def with_life(runs: QuerySet[Any]) -> Any:
    """Runs, each with `alive`: whether its worker still holds the lease."""
    pushing = Q(name="push", holder=OuterRef("worker"))
    held = RunLease.objects.filter(lease_until__gt=Now())
    comparing = Q(name="reconcile") & Q(Exists(SyncRun.objects.filter(pk=OuterRef(OuterRef("pk")), mode=Mode.RECONCILE)))
    return runs.annotate(alive=Exists(held.filter(pushing | comparing)))


def run_pill(run: Any) -> SafeString:
    """The run's state; a run that died without a word is not called running. `run` has `alive`."""
    if run.state == RunState.RUNNING and not run.alive:
        return show.pill("no sign of life", show.BAD)
    return show.pill(RUN_WORDS.get(RunState(run.state), lower(RunState(run.state))), RUN_TONES[RunState(run.state)])


def run_seconds(run: SyncRun) -> float | None:
    return (run.finished_at - run.started_at).total_seconds() if run.finished_at else None


# Where it is


def location() -> str:
    """The sub-account's id: the web process has no setting that says it."""
    found = cache.get_or_set("ghl-location", _location, REMEMBERED_S)
    return str(found or "")


def _location() -> str:
    return Account.objects.order_by("-seen_at").values_list("location_id", flat=True).first() or ""


def ghl_url(kind: str, id: str | None) -> str:
    """The record in GoHighLevel's own screens; '' where it is not there, or nobody says where the screens are."""
    form = settings.HUB_GHL_CONTACT_LINK if kind == Kind.CONTACT else settings.HUB_GHL_OPPORTUNITY_LINK
    place = location()
    return str(form).replace("{location}", place).replace("{id}", id) if form and id and place else ""


def ghl_link(kind: str, id: str | None, text: str = "Open in GoHighLevel") -> SafeString:
    """Opens in a new tab."""
    if not id:
        return show.NOTHING
    url = ghl_url(kind, id)
    if not url:
        return show.copyable(id)
    return format_html(
        '<a class="hub-link hub-whole" href="{}" target="_blank" rel="noopener noreferrer" title="Opens in a new tab">{}'
        ' <span aria-hidden="true">↗</span></a>', url, text,
    )  # fmt: skip


def customer_link(id: int, name: str = "") -> SafeString:
    return show.link(pages.page_of(Customer, id), name or f"customer {id}")


def estimate_link(id: int | None, name: str = "") -> SafeString:
    return show.link(pages.page_of(Estimate, id), name or f"estimate {id}") if id else show.NOTHING


def record_link(kind: str, id: int, text: Any = None) -> SafeString:
    """Our page of the record."""
    return show.link(pages.page_of(MODELS[kind], id), text if text is not None else f"{kind} {id}")
