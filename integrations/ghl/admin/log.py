"""What became of each record that was sent, or was not."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import choice, days, of, recent_choice
from config.backoffice.panels import Facts, Page, Panel, Text
from config.backoffice.positions import LOG_WINDOW, first_at
from config.backoffice.wording import choices, lower
from integrations.ghl.admin import words
from integrations.ghl.models import SyncLog, SyncRun

Act, Kind = SyncLog.Act, SyncLog.Kind
SLACK = timedelta(minutes=5)
ACTS = {
    Act.CREATE: "created", Act.ADOPT: "taken over", Act.UPDATE: "updated", Act.TAGS: "tags changed", Act.NOTHING: "nothing sent",
}  # fmt: skip
HEADERS = ("When", "Record", "Done", "State", "Why", "Tries", "Next try")


def cells(entry: SyncLog) -> tuple[Any, ...]:
    """A line of a table with HEADERS."""
    return (
        pages.link_to(entry, show.clock(entry.at)), words.record_link(entry.kind, entry.record_id), ACTS[Act(entry.act)],
        words.state_pill(entry.state), show.short(entry.reason, 90), entry.attempts or show.DASH,
        show.moment(entry.next_try_at) if entry.next_try_at else show.DASH,
    )  # fmt: skip


def of_record(kind: str, record_id: int, most: int) -> list[SyncLog]:
    return list(SyncLog.objects.filter(kind=kind, record_id=record_id).order_by("-id")[:most])


def _between(rows: QuerySet[Any], start: datetime | None, end: datetime | None) -> QuerySet[Any]:
    if start:
        rows = rows.filter(pk__gte=first_at(SyncLog, "id", "at", start - SLACK), at__gte=start)
    if end:
        rows = rows.filter(pk__lt=first_at(SyncLog, "id", "at", end + SLACK), at__lt=end)
    return rows


def _of_run(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    return rows.filter(run=int(chosen)) if chosen.isascii() and chosen.isdigit() else rows.none()


def _of_record(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    """`chosen` is "contact:77"."""
    kind, _, id = chosen.partition(":")
    return rows.filter(kind=kind, record_id=int(id)) if id.isascii() and id.isdigit() else rows.none()


@admin.register(SyncLog)
class SyncLogAdmin(ReadOnlyAdmin):
    list_display = ("when", "record", "done", "how", "why", "tries", "next")
    list_filter = (
        choice("state", "State", choices(words.State)),
        recent_choice("kind", "Kind", choices(Kind), rows=LOG_WINDOW),
        recent_choice("act", "Done", tuple((str(act.value), text) for act, text in ACTS.items()), rows=LOG_WINDOW),
        days("Days", _between),
        of("run", "Run", _of_run),
        of("record", "Record", _of_record, lambda chosen: chosen.replace(":", " ")),
    )
    ordering = ("-id",)
    empty_list = "Nothing was sent yet. A look that finds nothing new leaves no line."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("request", "answer")

    def title_of(self, record: Any) -> str:
        return f"{str(Kind(record.kind).label).capitalize()} {record.record_id}: {ACTS[Act(record.act)]}"

    @admin.display(description="when")
    def when(self, entry: SyncLog) -> SafeString:
        return show.moment(entry.at)

    @admin.display(description="record")
    def record(self, entry: SyncLog) -> SafeString:
        return words.record_link(entry.kind, entry.record_id)

    @admin.display(description="done")
    def done(self, entry: SyncLog) -> str:
        return ACTS[Act(entry.act)]

    @admin.display(description="state")
    def how(self, entry: SyncLog) -> SafeString:
        return words.state_pill(entry.state)

    @admin.display(description="why")
    def why(self, entry: SyncLog) -> str:
        return show.short(entry.reason, 100) or show.DASH

    @admin.display(description="tries")
    def tries(self, entry: SyncLog) -> str:
        return str(entry.attempts or show.DASH)

    @admin.display(description="next try")
    def next(self, entry: SyncLog) -> SafeString:
        return show.moment(entry.next_try_at)

    def page(self, request: HttpRequest, record: SyncLog) -> Page:
        rows: list[tuple[str, Any]] = [
            ("When", show.moment(record.at)),
            ("Record", words.record_link(record.kind, record.record_id)),
            ("Run", show.link(pages.page_of(SyncRun, record.run_id), record.run_id) if record.run_id else show.NOTHING),
            ("Done", ACTS[Act(record.act)]),
            ("Why", show.some(record.reason)),
            ("Failures in a row", record.attempts),
            ("Next try", show.moment(record.next_try_at)),
            ("GoHighLevel's id", show.copyable(record.ghl_id)),
        ]
        panels: list[Panel] = [Facts(title="Entry", rows=rows, wide=True)]
        for title, content in (("What was sent", record.request), ("What came back", record.answer)):
            if content is not None:
                panels.append(Text(title=title, content=show.pretty(content), wide=False))
        return Page(panels, (), show.format_inline(words.state_pill(record.state), lower(Kind(record.kind))))
