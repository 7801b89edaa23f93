"""How the states of the push are called and coloured, and where a record is in Salesforce."""

from typing import Any

from django.core.cache import cache
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.wording import lower
from salesforce.looking import link
from salesforce.models import Account, BulkJob, Contact, Org, RunLease, SyncLog, SyncRun
from servicetitan.models import Customer

RunState, Mode, State, LogState, JobState = SyncRun.State, SyncRun.Mode, Contact.State, SyncLog.State, BulkJob.State
MODELS: dict[str, type[Contact] | type[Account]] = {"Contact": Contact, "Account": Account}
REMEMBERED_S = 10

RUN_TONES = {
    RunState.RUNNING: show.INFO, RunState.SUCCEEDED: show.GOOD, RunState.PARTIAL: show.WARNING, RunState.FAILED: show.BAD,
    RunState.WAITING: show.WARNING, RunState.INTERRUPTED: show.WARNING,
}  # fmt: skip
RUN_WORDS = {RunState.WAITING: "calls used up", RunState.PARTIAL: "some failed"}
MODE_WORDS = {Mode.INCREMENTAL: "what changed", Mode.FULL: "everything again", Mode.CHOSEN: "chosen customers"}
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
LOG_TONES = {
    LogState.SUCCESS: show.GOOD, LogState.RETRY: show.INFO, LogState.FAILED: show.BAD, LogState.CONFLICT: show.WARNING,
    LogState.SKIPPED: show.PLAIN,
}  # fmt: skip
LOG_WORDS = {LogState.SUCCESS: "success", LogState.RETRY: "tried again later", LogState.CONFLICT: "conflict"}
LOG_CHOICES = tuple((str(state.value), LOG_WORDS.get(state, lower(state))) for state in LogState)
JOB_TONES = {JobState.DONE: show.GOOD, JobState.FAILED: show.BAD}
ACTS = {SyncLog.Act.CREATE: "created", SyncLog.Act.UPDATE: "updated", SyncLog.Act.NOTHING: "nothing sent"}


def state_pill(state: str) -> SafeString:
    return show.pill(WORDS[State(state)], TONES[State(state)])


def log_pill(state: str) -> SafeString:
    return show.pill(LOG_WORDS.get(LogState(state), lower(LogState(state))), LOG_TONES[LogState(state)])


def job_pill(job: BulkJob) -> SafeString:
    return show.pill(lower(JobState(job.state)), JOB_TONES.get(JobState(job.state), show.INFO))


def with_life(runs: QuerySet[Any]) -> Any:
    """Runs, each with `alive`: whether its worker still holds the lease."""
    held = RunLease.objects.filter(name="push", holder=OuterRef("worker"), lease_until__gt=Now())
    return runs.annotate(alive=Exists(held))


def run_pill(run: Any) -> SafeString:
    """The run's state; a run that died without a word is not called running. `run` has `alive`."""
    if run.state == RunState.RUNNING and not run.alive:
        return show.pill("no sign of life", show.BAD)
    return show.pill(RUN_WORDS.get(RunState(run.state), lower(RunState(run.state))), RUN_TONES[RunState(run.state)])


def run_seconds(run: SyncRun) -> float | None:
    return (run.finished_at - run.started_at).total_seconds() if run.finished_at else None


def org() -> Org | None:
    """As last read; of a moment ago, for a list asks for every row."""
    found: Org | None = cache.get_or_set(
        "salesforce-org", lambda: Org.objects.order_by("-seen_at").defer("objects_described").first(), REMEMBERED_S
    )
    return found


def sf_link(id: str | None, text: str = "Open in Salesforce") -> SafeString:
    """Opens in a new tab."""
    if not id:
        return show.NOTHING
    if not (url := link(org(), id)):
        return show.copyable(id)
    return format_html(
        '<a class="hub-link hub-whole" href="{}" target="_blank" rel="noopener noreferrer" title="Opens in a new tab">{}'
        ' <span aria-hidden="true">↗</span></a>', url, text,
    )  # fmt: skip


def customer_link(id: int, name: str = "") -> SafeString:
    return show.link(pages.page_of(Customer, id), name or f"customer {id}")


def record_link(sobject: str, id: int) -> SafeString:
    """Our page of the record."""
    return show.link(pages.page_of(MODELS[sobject], id), f"{sobject} of customer {id}")
