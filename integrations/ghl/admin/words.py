"""How states are called and coloured, and where a record's pages are: ours, ServiceTitan's, GoHighLevel's own."""

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.cache import cache
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.wording import lower
from integrations.ghl.models import Account, Contact, Draft, Opportunity, Pushed, SyncLog, SyncRun
from servicetitan.models import Customer, Estimate

State, RunState, Act = Pushed.State, SyncRun.State, SyncLog.Act

STATE_TONES = {
    State.NEW: show.PLAIN, State.PENDING: show.INFO, State.SENT: show.GOOD, State.SKIPPED: show.PLAIN,
    State.CONFLICT: show.WARNING, State.FAILED: show.BAD,
}  # fmt: skip
RUN_TONES = {
    RunState.RUNNING: show.INFO, RunState.SUCCEEDED: show.GOOD, RunState.PARTIAL: show.WARNING, RunState.FAILED: show.BAD,
    RunState.BRAKED: show.BAD, RunState.WAITING: show.WARNING, RunState.INTERRUPTED: show.WARNING,
}  # fmt: skip
RUN_WORDS = {RunState.PARTIAL: "with failures", RunState.BRAKED: "waits for approval", RunState.WAITING: "waits for tomorrow"}
DRAFT_TONES = {Draft.State.OPEN: show.BAD, Draft.State.APPROVED: show.GOOD, Draft.State.REJECTED: show.PLAIN}
REMEMBERED_S = 15
LINKS = {Contact: "HUB_GHL_CONTACT_LINK", Opportunity: "HUB_GHL_OPPORTUNITY_LINK"}


def state_pill(state: str) -> SafeString:
    return show.pill(lower(State(state)), STATE_TONES[State(state)])


def record_pill(row: Pushed) -> SafeString:
    """The state; and, since it decides what can be done, whether the record was deleted there."""
    return show.pill("deleted there", show.WARNING) if row.gone_at else state_pill(row.state)


def run_pill(run: SyncRun) -> SafeString:
    state = RunState(run.state)
    return show.pill(RUN_WORDS.get(state) or lower(state), RUN_TONES[state])


def draft_pill(draft: Draft) -> SafeString:
    return show.pill(lower(Draft.State(draft.state)), DRAFT_TONES[Draft.State(draft.state)])


def customer_link(customer_id: int, text: Any = None) -> SafeString:
    return show.link(pages.page_of(Customer, customer_id), text or customer_id)


def estimate_link(estimate_id: int | None, text: Any = None) -> SafeString:
    return show.link(pages.page_of(Estimate, estimate_id), text or estimate_id) if estimate_id else show.NOTHING


def record_link(kind: str, record_id: int) -> SafeString:
    """Our page of a record, as the log knows it."""
    model: Any = Contact if kind == SyncLog.Kind.CONTACT else Opportunity
    return show.link(pages.page_of(model, record_id), f"{kind} {record_id}")


def ghl_link(row: Pushed, text: str = "Open in GoHighLevel") -> SafeString:
    """GoHighLevel's own page of the record."""
    if not row.ghl_id or row.gone_at:
        return show.NOTHING
    pattern = str(getattr(settings, LINKS[type(row)]))
    if not pattern:
        return show.copyable(row.ghl_id)
    url = pattern.replace("{location}", quote(places().location, safe="")).replace("{id}", quote(row.ghl_id, safe=""))
    return format_html('<a class="hub-link" href="{}" target="_blank" rel="noopener noreferrer">{} ↗</a>', url, text)


class Places:
    """Names of pipelines and stages, by their ids; and the sub-account's id, which the web process knows from its row alone."""

    def __init__(self) -> None:
        account = Account.objects.order_by("-seen_at").first()
        self.location = account.pk if account else ""
        pipelines = account.pipelines if account else []
        self.pipelines = {pipeline["id"]: pipeline["name"] for pipeline in pipelines}
        self.stages = {stage["id"]: stage["name"] for pipeline in pipelines for stage in pipeline["stages"]}

    def text(self, pipeline_id: str, stage_id: str) -> str:
        """ "Sales: Proposal Sent"."""
        if not stage_id:
            return ""
        return f"{self.pipelines.get(pipeline_id, pipeline_id)}: {self.stages.get(stage_id, stage_id)}"

    def named(self, field: str, value: Any) -> Any:
        """A field's value for people."""
        names = {"pipelineId": self.pipelines, "pipelineStageId": self.stages}.get(field)
        return names.get(value, value) if names is not None else value


def places() -> Places:
    """Remembered for a while: a page asks for them in every row."""
    found: Places = cache.get_or_set("ghl:places", Places, REMEMBERED_S) or Places()
    return found
