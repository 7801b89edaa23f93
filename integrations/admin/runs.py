"""Every run of the push, and every comparison. A run that found nothing to do leaves no row."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.safestring import SafeString

from config.backoffice import show
from config.backoffice.filters import choice, days, recent_choice
from config.backoffice.panels import Page
from config.backoffice.positions import LOG_WINDOW, within
from config.backoffice.wording import choices
from integrations.admin import parity, run_page, words
from integrations.admin.buttons import RunButtons
from integrations.models import SyncRun

EFFECTS = (("sent", "sent something"), ("trouble", "had failures or conflicts"), ("slow", "took over 10 minutes"))


def _by_effect(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    if chosen == "trouble":
        return rows.filter(Q(failed__gt=0) | Q(conflicts__gt=0))
    if chosen == "slow":
        return rows.filter(finished_at__gt=F("started_at") + timedelta(minutes=10))
    return rows.filter(Q(created__gt=0) | Q(adopted__gt=0) | Q(updated__gt=0))


@admin.register(SyncRun)
class SyncRunAdmin(RunButtons):
    list_display = ("called", "how", "started", "took", "read", "new", "changed", "same", "odd", "bad", "calls", "started_by")
    list_filter = (
        choice("state", "State", choices(SyncRun.State)),
        recent_choice("mode", "Mode", words.MODE_CHOICES, rows=LOG_WINDOW),
        recent_choice("effect", "Effect", EFFECTS, narrow=_by_effect, rows=LOG_WINDOW),
        days("Days", within("started_at")),
    )
    ordering = ("-id",)
    empty_list = "Nothing has been sent yet. “Sync now” begins, once GoHighLevel is set up (GHL_API_TOKEN, GHL_LOCATION_ID)."

    def get_queryset(self, request: HttpRequest) -> Any:
        return words.with_life(super().get_queryset(request)).defer("parity")

    def one(self) -> Any:
        return words.with_life(SyncRun.objects.all())

    def get_urls(self) -> Any:
        return [path("parity/", self.admin_site.admin_view(self.parity), name="integrations_syncrun_parity"), *super().get_urls()]

    def parity(self, request: HttpRequest) -> HttpResponse:
        return parity.view(self, request)

    def title_of(self, record: Any) -> str:
        return f"Run {record.pk}: {words.MODE_WORDS[SyncRun.Mode(record.mode)]}"

    def page(self, request: HttpRequest, record: Any) -> Page:
        return run_page.page(request, record)

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
        return _quiet(run.created + run.adopted)

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
