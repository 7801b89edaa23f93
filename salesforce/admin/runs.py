"""Every run of the push. A run that found nothing to do leaves no row."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from config.backoffice import pages, show
from config.backoffice.asking import Question, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import choice, days, recent_choice
from config.backoffice.navigation import may_see
from config.backoffice.origins import causes
from config.backoffice.panels import Banner, Facts, Page, Panel, Table
from config.backoffice.positions import LOG_WINDOW, within
from config.backoffice.wording import choices
from salesforce.admin import buttons, words
from salesforce.admin.buttons import ask_sync
from salesforce.api.access import SYNC_RIGHT
from salesforce.models import BulkJob, SyncLog, SyncRun
from servicetitan.models import SyncLog as MirrorRun
from servicetitan.models import runs_behind

RECORDS_SHOWN = 25
EFFECTS = (("sent", "sent something"), ("trouble", "had failures or conflicts"))
COUNTED = {
    "changes": "Changes read", "looked_at": "Looked at", "unchanged": "Unchanged", "created": "Created", "updated": "Updated",
    "skipped": "Not to be sent", "pending": "Left to send", "conflicts": "Conflicts", "failed": "Failed",
}  # fmt: skip


def _by_effect(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    if chosen == "trouble":
        return rows.filter(Q(failed__gt=0) | Q(conflicts__gt=0))
    return rows.filter(Q(created__gt=0) | Q(updated__gt=0))


def _sync_question(_: Any, __: Any) -> Question:
    text = "Sends what changed in ServiceTitan and what is left to send. If a run is at work already, it goes on alone."
    return Question("Sync with Salesforce now?", text, "Sync now", buttons.stopped())


def _full_question(_: Any, __: Any) -> Question:
    text = (
        "Works out for every customer what should be in Salesforce, and sends what was not sent so: after a change of the "
        "mapping, for example. What is there already costs no call."
    )
    return Question("Look at everything again?", text, "Look at everything", buttons.stopped())


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = ("called", "how", "started", "took", "read", "new", "changed", "same", "odd", "bad", "calls", "started_by")
    list_filter = (
        choice("state", "State", choices(SyncRun.State)),
        recent_choice("mode", "Mode", words.MODE_CHOICES, rows=LOG_WINDOW),
        recent_choice("effect", "Effect", EFFECTS, narrow=_by_effect, rows=LOG_WINDOW),
        days("Days", within("started_at")),
    )
    ordering = ("-id",)
    actions_list = ("sync_now", "look_at_everything")
    empty_list = "Nothing has been sent yet. “Sync now” begins, once Salesforce is connected."

    def get_queryset(self, request: HttpRequest) -> Any:
        return words.with_life(super().get_queryset(request))

    def one(self) -> Any:
        return words.with_life(SyncRun.objects.all())

    def has_sync_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(SYNC_RIGHT)

    @confirmed("Sync now", "sync", _sync_question, icon="sync", variant=ActionVariant.PRIMARY)
    def sync_now(self, request: HttpRequest, _: Any) -> None:
        ask_sync(request, SyncRun.Mode.INCREMENTAL, "sync with Salesforce")

    @confirmed("Look at everything again", "sync", _full_question, icon="restart_alt")
    def look_at_everything(self, request: HttpRequest, _: Any) -> None:
        ask_sync(request, SyncRun.Mode.FULL, "a look at everything")

    def title_of(self, record: Any) -> str:
        return f"Run {record.pk}: {words.MODE_WORDS[SyncRun.Mode(record.mode)]}"

    def page(self, request: HttpRequest, record: Any) -> Page:
        panels = [_when(record), _counts(record), _costs(record), *_jobs(record)]
        if may_see(request, MirrorRun):
            panels += causes(runs_behind(record.first_txid, record.last_txid, record.started_at))
        if may_see(request, SyncLog):
            panels += _records(record)
        return Page(panels, _banners(record), words.run_pill(record))

    @admin.display(description="run")
    def called(self, run: SyncRun) -> str:
        return words.MODE_WORDS[SyncRun.Mode(run.mode)]

    @admin.display(description="by")
    def started_by(self, run: SyncRun) -> str:
        return run.trigger

    @admin.display(description="state")
    def how(self, run: SyncRun) -> SafeString:
        return words.run_pill(run)

    @admin.display(description="started")
    def started(self, run: SyncRun) -> SafeString:
        return show.moment(run.started_at)

    @admin.display(description="took")
    def took(self, run: SyncRun) -> str:
        return show.duration(words.run_seconds(run)) or show.DASH

    @admin.display(description="looked at")
    def read(self, run: SyncRun) -> str:
        return _quiet(run.looked_at)

    @admin.display(description="created")
    def new(self, run: SyncRun) -> str:
        return _quiet(run.created)

    @admin.display(description="updated")
    def changed(self, run: SyncRun) -> str:
        return _quiet(run.updated)

    @admin.display(description="unchanged")
    def same(self, run: SyncRun) -> str:
        return _quiet(run.unchanged + run.skipped)

    @admin.display(description="conflicts")
    def odd(self, run: SyncRun) -> SafeString | str:
        return show.pill(f"{run.conflicts:,}", show.WARNING) if run.conflicts else show.DASH

    @admin.display(description="failed")
    def bad(self, run: SyncRun) -> SafeString | str:
        return show.pill(f"{run.failed:,}", show.BAD) if run.failed else show.DASH

    @admin.display(description="calls")
    def calls(self, run: SyncRun) -> str:
        return _quiet(run.api_calls)


def _quiet(count: int) -> str:
    """Zeros shall not look like news."""
    return f"{count:,}" if count else show.DASH


def _banners(run: Any) -> list[Banner]:
    found = []
    if run.error:
        found.append(Banner(run.error, show.BAD if run.state == SyncRun.State.FAILED else show.WARNING))
    if run.state == SyncRun.State.RUNNING and not run.alive:
        found.append(Banner("It is written down as running, but its worker has given no sign of life. Nothing is lost: what it "
                            "did not send is still due, and the next run closes this one.", show.BAD))  # fmt: skip
    return found


def _when(run: Any) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Mode", words.MODE_WORDS[SyncRun.Mode(run.mode)]),
        ("Started by", run.trigger),
        ("Started", show.moment(run.started_at)),
        ("Finished", show.moment(run.finished_at)),
        ("Took", show.some(show.duration(words.run_seconds(run)))),
        ("Worker", show.copyable(run.worker)),
        ("Correlation id", show.copyable(run.correlation_id)),
    ]
    return Facts(title="When", rows=rows)


def _counts(run: Any) -> Panel:
    return Facts(title="What it did", rows=[(label, show.number(getattr(run, name))) for name, label in COUNTED.items()])


def _costs(run: Any) -> Panel:
    rows = [
        ("Calls to Salesforce", show.number(run.api_calls)),
        ("Repeated", show.number(run.retries)),
        ("Waited", show.duration(run.wait_seconds)),
    ]
    if run.api_calls:
        rows.append(("Records a call", f"{(run.created + run.updated) / run.api_calls:,.0f}"))
    return Facts(title="What it cost", rows=rows)


def _jobs(run: Any) -> list[Panel]:
    rows = list(BulkJob.objects.filter(run=run.pk).order_by("id")[:RECORDS_SHOWN])
    if not rows:
        return []
    cells = [(pages.link_to(job), words.job_pill(job), show.number(job.records), show.number(job.failed)) for job in rows]
    return [Table(title="Bulk jobs", headers=("Job", "State", "Records", "Failed"), rows=cells, numeric=frozenset({2, 3}))]


def _records(run: Any) -> Iterator[Panel]:
    rows = SyncLog.objects.filter(run=run.pk).defer("request", "answer")
    troubled = list(rows.filter(state__in=("failed", "conflict")).order_by("-id")[:RECORDS_SHOWN])
    if troubled:
        yield _table("What needs a look", troubled, None)
    latest = list(rows.order_by("-id")[: RECORDS_SHOWN + 1])
    more = ("All records of this run", pages.list_of(SyncLog, run=run.pk)) if len(latest) > RECORDS_SHOWN else None
    yield _table("Records", latest[:RECORDS_SHOWN], more)


def _table(title: str, rows: list[SyncLog], more: tuple[str, str] | None) -> Panel:
    headers = ("When", "Record", "State", "Done", "Why", "")
    cells = [
        (show.moment(log.at), words.record_link(log.sobject, log.st_customer_id), words.log_pill(log.state),
         words.ACTS[SyncLog.Act(log.act)], show.short(log.reason, 120) or show.NOTHING, pages.link_to(log, "details"))
        for log in rows
    ]  # fmt: skip
    return Table(title=title, headers=headers, rows=cells, more=more, empty="None.")
