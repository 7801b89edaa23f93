"""The page of one run: what it did, what it cost, what went wrong."""

from typing import Any

from django.http import HttpRequest

from config.backoffice import pages, show, wording
from config.backoffice.navigation import may_see
from config.backoffice.panels import Banner, Facts, Page, Panel, Table, Text
from servicetitan.admin import words
from servicetitan.admin.changes import difference_lines, kind_pill, of_run
from servicetitan.admin.reject_panels import open_rejects_panel
from servicetitan.models import Change, SyncCursor, SyncLog, SyncReject

CHANGES_SHOWN = 25
NEIGHBOURS = 60  # runs that start together have numbers close to each other

State = SyncLog.State
TOLD = {State.FAILED: show.BAD, State.BRAKED: show.BAD, State.INTERRUPTED: show.WARNING, State.BUSY: show.INFO}


def page(request: HttpRequest, run: Any) -> Page:
    panels = [_when(run), _counts(run), _costs(run), _position(run), *_changes(request, run)]
    if may_see(request, SyncReject):
        panels += open_rejects_panel(run.entity)
    panels += _siblings(run)
    if run.detail:
        panels.append(Text(title="Traceback", content=show.pretty(run.detail), folded=True))
    return Page(panels, _banners(run), words.run_pill(run))


def _banners(run: Any) -> list[Banner]:
    found = []
    if run.error:
        found.append(Banner(run.error, TOLD.get(State(run.state), show.WARNING)))
    if run.state == State.RUNNING and not run.alive:
        found.append(Banner("It is written down as running, but its worker has given no sign of life. The next run goes on "
                            "from the stored position, and closes this one.", show.BAD))  # fmt: skip
    return found


def _when(run: Any) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Feed", pages.link_to(SyncCursor(entity=run.entity), words.called(run.entity))),
        ("Mode", wording.lower(SyncLog.Mode(run.mode))),
        ("Started by", run.trigger),
        ("Started", show.moment(run.started_at)),
        ("Finished", show.moment(run.finished_at)),
        ("Took", show.some(show.duration(words.run_seconds(run)))),
        ("Worker", show.copyable(run.worker)),
        ("Correlation id", show.copyable(run.correlation_id)),
    ]
    return Facts(title="When", rows=rows)


def _counts(run: Any) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Read", show.number(run.fetched)),
        ("New", show.number(run.inserted)),
        ("Changed", show.number(run.updated)),
        ("Unchanged", show.number(run.unchanged)),
        ("Rejected", show.number(run.rejected)),
    ]
    if run.fetched == run.inserted + run.updated + run.unchanged + run.rejected:
        rows.append(("Adds up", f"{run.inserted:,} + {run.updated:,} + {run.unchanged:,} + {run.rejected:,} = {run.fetched:,}"))
    others = (("Set inactive", run.deactivated), ("Not in the list", run.suspected), ("Deleted", run.deleted),
              ("Characters replaced", run.repaired))  # fmt: skip
    rows += [(label, show.number(count)) for label, count in others if count]
    return Facts(title="What came", rows=rows)


def _costs(run: Any) -> Panel:
    rows = [
        ("Calls to ServiceTitan", show.number(run.api_calls)),
        ("Repeated", show.number(run.retries)),
        ("Waited", show.duration(run.wait_seconds)),
        ("Received", show.size(run.bytes)),
        ("Pages", show.number(run.pages)),
    ]
    return Facts(title="What it cost", rows=rows)


def _position(run: Any) -> Panel:
    rows = [("Before", show.copyable(run.checkpoint_before)), ("After", show.copyable(run.checkpoint_after))]
    return Facts(title="Position in the feed", rows=rows)


def _changes(request: HttpRequest, run: Any) -> list[Panel]:
    if not may_see(request, Change):
        return []
    found = list(of_run(run).order_by("txid", "id")[: CHANGES_SHOWN + 1])
    more = len(found) > CHANGES_SHOWN
    return [
        Table(
            title="What changed",
            headers=("Record", "Kind", "What"),
            rows=[
                (words.record_link(c.entity, c.record_id), kind_pill(c), difference_lines(c.old, c.new))
                for c in found[:CHANGES_SHOWN]
            ],
            empty="Nothing.",
            note=f"The first {CHANGES_SHOWN}." if more else "",
            more=("All changes of this run", pages.list_of(Change, run=run.pk)) if more else None,
        )
    ]


def _siblings(run: Any) -> list[Panel]:
    near = SyncLog.objects.filter(pk__range=(run.pk - NEIGHBOURS, run.pk + NEIGHBOURS), run=run.run).exclude(pk=run.pk)
    found = list(words.with_life(near).defer("detail").order_by("pk"))
    if not found:
        return []
    rows = [
        (pages.link_to(other, words.called(other.entity)), words.run_pill(other), show.duration(words.run_seconds(other)),
         show.number(other.fetched), show.number(other.inserted + other.updated))
        for other in found
    ]  # fmt: skip
    headers = ("Feed", "State", "Took", "Read", "New and changed")
    return [Table(title="Started together", headers=headers, rows=rows, numeric=frozenset({3, 4}))]
