"""Every run of every feed."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import show, wording
from config.backoffice.filters import choice, days, recent_choice
from config.backoffice.panels import Page
from config.backoffice.positions import LOG_WINDOW, within
from servicetitan.admin import run_page, words
from servicetitan.admin.buttons import FeedButtons
from servicetitan.models import SyncLog


def _by_effect(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    if chosen == "rejects":
        return rows.filter(rejected__gt=0)
    if chosen == "slow":
        return rows.filter(finished_at__gt=F("started_at") + timedelta(minutes=10))
    return rows.filter(Q(inserted__gt=0) | Q(updated__gt=0) | Q(deleted__gt=0))


EFFECTS = (("changes", "changed something"), ("rejects", "had rejects"), ("slow", "took over 10 minutes"))


@admin.register(SyncLog)
class SyncLogAdmin(FeedButtons):
    list_display = ("feed", "kind", "started_by", "how", "started", "took", "read", "new", "changed", "same", "bad")
    list_filter = (
        choice("entity", "Feed", words.ENTITY_CHOICES),
        choice("state", "State", wording.choices(SyncLog.State)),
        recent_choice("mode", "Mode", wording.choices(SyncLog.Mode), rows=LOG_WINDOW),
        recent_choice("effect", "Effect", EFFECTS, narrow=_by_effect, rows=LOG_WINDOW),
        days("Days", within("started_at")),
    )
    ordering = ("-id",)
    empty_list = "Nothing has run yet. “Sync all feeds now” begins."

    def get_queryset(self, request: HttpRequest) -> Any:
        return words.with_life(super().get_queryset(request)).defer("detail", "checkpoint_before", "checkpoint_after")

    def one(self) -> Any:
        return words.with_life(SyncLog.objects.all())

    def title_of(self, record: Any) -> str:
        return f"Run {record.pk} of {words.called(record.entity)}"

    def page(self, request: HttpRequest, record: Any) -> Page:
        return run_page.page(request, record)

    @admin.display(description="feed")
    def feed(self, run: SyncLog) -> str:
        return words.called(run.entity)

    @admin.display(description="mode")
    def kind(self, run: SyncLog) -> str:
        return wording.lower(SyncLog.Mode(run.mode))

    @admin.display(description="by")
    def started_by(self, run: SyncLog) -> str:
        return run.trigger

    @admin.display(description="state")
    def how(self, run: SyncLog) -> SafeString:
        return words.run_pill(run)

    @admin.display(description="started")
    def started(self, run: SyncLog) -> SafeString:
        return show.moment(run.started_at)

    @admin.display(description="took")
    def took(self, run: SyncLog) -> str:
        return show.duration(words.run_seconds(run))

    @admin.display(description="read")
    def read(self, run: SyncLog) -> str:
        return f"{run.fetched:,}"

    @admin.display(description="new")
    def new(self, run: SyncLog) -> str:
        return _quiet(run.inserted)

    @admin.display(description="changed")
    def changed(self, run: SyncLog) -> str:
        return _quiet(run.updated + run.deleted)

    @admin.display(description="unchanged")
    def same(self, run: SyncLog) -> str:
        return _quiet(run.unchanged)

    @admin.display(description="rejected")
    def bad(self, run: SyncLog) -> SafeString | str:
        return show.pill(f"{run.rejected:,}", show.WARNING) if run.rejected else show.DASH


def _quiet(count: int) -> str:
    """Zeros shall not look like news."""
    return f"{count:,}" if count else show.DASH
