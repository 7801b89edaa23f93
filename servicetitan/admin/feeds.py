"""Where each feed stands."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from config.backoffice import pages, show, wording
from config.backoffice.panels import Banner, Facts, Page, Panel, Table
from servicetitan.admin import words
from servicetitan.admin.buttons import FeedButtons
from servicetitan.admin.reject_panels import open_rejects_panel
from servicetitan.admin.sizes import rows_text
from servicetitan.entities import BY_NAME
from servicetitan.models import SyncCursor, SyncLog

Mode = SyncLog.Mode
RUNS_SHOWN = 20


@admin.register(SyncCursor)
class SyncCursorAdmin(FeedButtons):
    list_display = ("feed", "success", "position_since", "busy")
    ordering = ("entity",)
    empty_list = "No feed has been synced yet. “Sync all feeds now” begins."

    @admin.display(description="feed")
    def feed(self, cursor: SyncCursor) -> str:
        return words.called(cursor.entity)

    @admin.display(description="last success")
    def success(self, cursor: SyncCursor) -> SafeString:
        return show.moment(cursor.last_success_at)

    @admin.display(description="position stored")
    def position_since(self, cursor: SyncCursor) -> SafeString:
        return show.moment(cursor.checkpoint_at)

    @admin.display(description="right now")
    def busy(self, cursor: SyncCursor) -> SafeString:
        if cursor.lease_until and cursor.lease_until > timezone.now():
            return show.pill("running", show.INFO)
        return show.pill("idle", show.PLAIN)

    def title_of(self, record: Any) -> str:
        return words.called(record.entity)

    def page(self, request: HttpRequest, record: SyncCursor) -> Page:
        panels = [_stand(record), _lease(record), _last_runs(record), *open_rejects_panel(record.entity)]
        return Page(panels, _unfinished(record), self.busy(record))


def _unfinished(cursor: SyncCursor) -> list[Banner]:
    banners = []
    if cursor.braked:
        banners.append(Banner(
            f"The brake has stopped this feed: ServiceTitan sends “{cursor.braked}” empty in too many records. It goes on once "
            "that is put right there, or once somebody decides that it is right: "
            f"manage.py sync_servicetitan --entity {cursor.entity} --no-brake", show.BAD,
        ))  # fmt: skip
    if cursor.full_since:
        text = f"A full read began {show.age(cursor.full_since)} and is not finished: the next run goes on."
        banners.append(Banner(text, show.INFO))
    return banners


def _stand(cursor: SyncCursor) -> Panel:
    known = BY_NAME.get(cursor.entity)
    rows: list[tuple[str, Any]] = [
        ("Last success", show.moment(cursor.last_success_at)),
        ("Position", show.copyable(cursor.continue_from)),
        ("Position stored", show.moment(cursor.checkpoint_at)),
        ("Complete up to", show.moment(cursor.caught_up_at)),
    ]
    if known:
        rows.append(("Records here", show.link(pages.list_of(known.model), rows_text(cursor.entity))))
    return Facts(title="Where it stands", rows=rows)


def _lease(cursor: SyncCursor) -> Panel:
    rows = [
        ("Held by", show.some(cursor.holder)),
        ("Until", show.moment(cursor.lease_until)),
        ("Leases so far", show.number(cursor.fence)),
    ]
    return Facts(title="Who works on it", rows=rows)


def _run_row(run: SyncLog) -> tuple[Any, ...]:
    counts = (run.fetched, run.inserted, run.updated, run.rejected)
    head = (pages.link_to(run, f"#{run.pk}"), words.run_pill(run), wording.lower(Mode(run.mode)), show.moment(run.started_at))
    return (*head, *(show.number(count) for count in counts))


def _last_runs(cursor: SyncCursor) -> Panel:
    runs = words.with_life(SyncLog.objects.filter(entity=cursor.entity)).defer("detail").order_by("-pk")[:RUNS_SHOWN]
    return Table(
        title="Last runs",
        headers=("Run", "State", "Mode", "Started", "Read", "New", "Changed", "Rejected"),
        rows=[_run_row(run) for run in runs],
        numeric=frozenset(range(4, 8)),
        empty="It has never run.",
        more=("All runs of this feed", pages.list_of(SyncLog, entity=cursor.entity)),
    )
