"""The page of one run: what it did, what it cost, what went wrong, and its records."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from config.backoffice import pages, show
from config.backoffice.navigation import may_see
from config.backoffice.origins import causes
from config.backoffice.panels import Banner, Facts, Page, Panel, Table
from config.backoffice.positions import few
from integrations.admin import forecast, words
from integrations.admin.parity import panels as parity_panels
from integrations.models import SyncLog, SyncRun
from servicetitan.models import SyncLog as MirrorRun
from servicetitan.models import runs_behind

RECORDS_SHOWN = 25
COUNTED = 20_000
RunState, State = SyncRun.State, words.State
TOLD = {RunState.FAILED: show.BAD, RunState.BRAKED: show.BAD, RunState.WAITING: show.WARNING}


def page(request: HttpRequest, run: Any) -> Page:
    panels = [_when(run), _counts(run), _costs(run)]
    if run.state == RunState.RUNNING and run.alive:
        panels.append(_progress(run))
    if run.parity:
        panels += parity_panels(run.parity)
    if may_see(request, MirrorRun):
        panels += causes(runs_behind(run.first_txid, run.last_txid, run.started_at))
    if may_see(request, SyncLog):
        panels += _records(run)
    return Page(panels, _banners(run), words.run_pill(run))


def _banners(run: Any) -> list[Banner]:
    found = []
    if run.error:
        found.append(Banner(run.error, TOLD.get(RunState(run.state), show.WARNING)))
    if run.state == RunState.RUNNING and not run.alive:
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
    labels = {
        "changes": "Changes read", "looked_at": "Looked at", "unchanged": "Unchanged", "created": "Created",
        "adopted": "Taken over", "updated": "Updated", "skipped": "Not to be sent", "conflicts": "Conflicts", "failed": "Failed",
    }  # fmt: skip
    return Facts(title="What it did", rows=[(label, show.number(getattr(run, name))) for name, label in labels.items()])


def _costs(run: Any) -> Panel:
    seconds = words.run_seconds(run)
    rows = [
        ("Calls to GoHighLevel", show.number(run.api_calls)),
        ("Repeated", show.number(run.retries)),
        ("Waited for its limits", show.duration(run.wait_seconds)),
    ]
    if seconds and run.api_calls:
        rows.append(("Calls in 10 s", f"{run.api_calls / max(seconds, 10) * 10:,.1f}"))
    return Facts(title="What it cost", rows=rows)


def _progress(run: Any) -> Panel:
    """The row's own counts are written at the end; the log grows with every record."""
    count, text = few(SyncLog.objects.filter(run=run.pk), COUNTED)
    seconds = (timezone.now() - run.started_at).total_seconds()
    rows: list[tuple[str, Any]] = [("Records so far", text), ("Running for", show.duration(seconds))]
    if count and seconds > 1:
        rows.append(("Records in a minute", f"{count / seconds * 60:,.0f}"))
    rows += [(f"{words.PLURAL[kind].capitalize()} left", forecast.about(due)) for kind, due in forecast.due().items()]
    return Facts(title="How far it is", rows=rows)


def _records(run: Any) -> Iterator[Panel]:
    rows = SyncLog.objects.filter(run=run.pk)
    troubled = list(rows.filter(state__in=[State.FAILED, State.CONFLICT]).order_by("-id")[:RECORDS_SHOWN])
    if troubled:
        yield _table("What needs a look", troubled, None)
    latest = list(rows.order_by("-id")[: RECORDS_SHOWN + 1])
    more = ("All records of this run", pages.list_of(SyncLog, run=run.pk)) if len(latest) > RECORDS_SHOWN else None
    yield _table("Records", latest[:RECORDS_SHOWN], more)


def _table(title: str, rows: list[SyncLog], more: tuple[str, str] | None) -> Panel:
    headers = ("When", "Record", "State", "Done", "Why", "")
    return Table(title=title, headers=headers, rows=[_row(log) for log in rows], more=more, empty="None.")


def _row(log: SyncLog) -> tuple[Any, ...]:
    return (
        show.moment(log.at), words.record_link(log.kind, log.record_id), words.state_pill(log.state), words.act(log),
        show.short(log.reason, 120) or show.NOTHING, pages.link_to(log, "details"),
    )  # fmt: skip
