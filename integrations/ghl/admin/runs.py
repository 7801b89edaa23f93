"""Every run of the push, and every comparison."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.filters import choice, days, recent_choice
from config.backoffice.panels import Banner, Facts, Page, Panel, Table
from config.backoffice.positions import LOG_WINDOW, first_at
from config.backoffice.wording import choices, lower
from integrations.ghl.admin import parity, words
from integrations.ghl.admin.buttons import RunButtons
from integrations.ghl.admin.log import HEADERS, cells
from integrations.ghl.models import Draft, SyncLog, SyncRun

State, Mode = SyncRun.State, SyncRun.Mode
SLACK = timedelta(minutes=5)  # runs that start together get their numbers in any order
RECORDS_SHOWN = 50
TONES = {State.FAILED: show.BAD, State.BRAKED: show.BAD, State.WAITING: show.INFO, State.INTERRUPTED: show.WARNING}
EFFECTS = (("changes", "sent something"), ("failed", "had failures"), ("conflicts", "found conflicts"))
COUNTS = (
    ("Looked at", "looked_at"), ("Created", "created"), ("Taken over", "adopted"), ("Updated", "updated"),
    ("Unchanged", "unchanged"), ("Not to be sent", "skipped"), ("Conflicts", "conflicts"), ("Failed", "failed"),
)  # fmt: skip


def _by_effect(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    if chosen == "changes":
        return rows.filter(Q(created__gt=0) | Q(adopted__gt=0) | Q(updated__gt=0))
    return rows.filter(**{f"{chosen}__gt": 0})


def _between(rows: QuerySet[Any], start: datetime | None, end: datetime | None) -> QuerySet[Any]:
    """By numbers, which grow with time and have an index; the exact time then decides."""
    if start:
        rows = rows.filter(pk__gte=first_at(SyncRun, "id", "started_at", start - SLACK), started_at__gte=start)
    if end:
        rows = rows.filter(pk__lt=first_at(SyncRun, "id", "started_at", end + SLACK), started_at__lt=end)
    return rows


@admin.register(SyncRun)
class SyncRunAdmin(RunButtons):
    list_display = ("kind", "started_by", "how", "started", "took", "created_", "updated_", "same", "odd", "bad", "calls")
    list_filter = (
        choice("state", "State", choices(State)),
        recent_choice("mode", "Mode", choices(Mode), rows=LOG_WINDOW),
        recent_choice("effect", "Effect", EFFECTS, narrow=_by_effect, rows=LOG_WINDOW),
        days("Days", _between),
    )
    ordering = ("-id",)
    empty_list = "Nothing was sent yet. “Send now” begins; a run that finds nothing to do leaves no row."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("parity")

    def title_of(self, record: Any) -> str:
        return f"Run {record.pk}: {lower(Mode(record.mode))}"

    @admin.display(description="mode")
    def kind(self, run: SyncRun) -> str:
        return lower(Mode(run.mode))

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
        return show.duration(_seconds(run))

    @admin.display(description="created")
    def created_(self, run: SyncRun) -> str:
        return _quiet(run.created + run.adopted)

    @admin.display(description="updated")
    def updated_(self, run: SyncRun) -> str:
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

    def page(self, request: HttpRequest, record: SyncRun) -> Page:
        compared = parity.panels(record.parity) if record.parity else []
        return Page([*compared, _when(record), _counts(record), _costs(record), _records(record)], _banners(record),
                    words.run_pill(record))  # fmt: skip


def _banners(run: SyncRun) -> list[Banner]:
    if not run.error:
        return []
    text: Any = run.error
    if run.state == State.BRAKED:
        text = show.format_inline(run.error, show.link(pages.list_of(Draft), "Look at the drafts"))
    return [Banner(text, TONES.get(State(run.state), show.WARNING))]


def _when(run: SyncRun) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Mode", lower(Mode(run.mode))),
        ("Started by", run.trigger),
        ("Started", show.moment(run.started_at)),
        ("Finished", show.moment(run.finished_at)),
        ("Took", show.some(show.duration(_seconds(run)))),
        ("Worker", show.copyable(run.worker)),
    ]
    return Facts(title="When", rows=rows)


def _counts(run: SyncRun) -> Panel:
    return Facts(title="What it did", rows=[(label, show.number(getattr(run, name))) for label, name in COUNTS])


def _costs(run: SyncRun) -> Panel:
    rows = [
        ("Calls to GoHighLevel", show.number(run.api_calls)),
        ("Repeated", show.number(run.retries)),
        ("Waited", show.duration(run.wait_seconds)),
        ("Changes of the mirror read", show.number(run.changes)),
    ]
    return Facts(title="What it cost", rows=rows)


def _records(run: SyncRun) -> Panel:
    found = list(run.records.order_by("-id")[: RECORDS_SHOWN + 1])
    more = (pages.list_of(SyncLog, run=run.pk), "All of them") if len(found) > RECORDS_SHOWN else None
    return Table(
        title="Records", headers=HEADERS, rows=[cells(entry) for entry in found[:RECORDS_SHOWN]], more=more,
        empty="It changed nothing for any record.",
    )  # fmt: skip


def _seconds(run: SyncRun) -> float | None:
    return (run.finished_at - run.started_at).total_seconds() if run.finished_at else None


def _quiet(count: int) -> str:
    """Zeros shall not look like news."""
    return f"{count:,}" if count else show.DASH
