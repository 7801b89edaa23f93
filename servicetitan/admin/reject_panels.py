"""What pages show of rejects."""

from django.db.models import Count, F, Func, Min, QuerySet, TextField, Value
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.panels import Facts, Panel, Table
from servicetitan.admin import words
from servicetitan.entities import BY_NAME
from servicetitan.models import SyncReject

CAUSES_SHOWN = 8

State = SyncReject.State


def causes() -> list[Panel]:
    """Open rejects by what they have in common."""
    cause = Func(F("reason"), Value('"'), Value(1), function="split_part", output_field=TextField())
    found = list(
        SyncReject.objects.filter(state=State.OPEN).annotate(cause=cause).values("entity", "cause")
        .annotate(count=Count("pk"), since=Min("first_seen_at"), sample=Min("reason")).order_by("-count")[:CAUSES_SHOWN]
    )  # fmt: skip
    if len(found) < 2:
        return []
    rows = [
        (show.link(pages.list_of(SyncReject, entity=row["entity"], cause=row["cause"]), show.short(row["sample"], 110)),
         words.called(row["entity"]), show.number(row["count"]), show.moment(row["since"]))
        for row in found
    ]  # fmt: skip
    return [Table(title="Open, by reason", headers=("Such as", "Feed", "Records", "Since"), rows=rows, numeric=frozenset({2}))]


def why(reject: SyncReject) -> Panel:
    rows = [
        ("Reason", reject.reason),
        ("Feed", words.called(reject.entity)),
        ("Record", show.copyable(reject.record_id)),
        ("In the mirror", _mirrored(reject)),
    ]
    return Facts(title="Why it could not be loaded", rows=rows)


def _mirrored(reject: SyncReject) -> SafeString | str:
    known = BY_NAME.get(reject.entity)
    if known is None or not reject.record_id.isdecimal() or not known.model._default_manager.filter(pk=reject.record_id).exists():
        return "no"
    return show.link(pages.page_of(known.model, reject.record_id), "an earlier version of it")


def history(reject: SyncReject) -> Panel:
    rows = [
        ("First seen", show.moment(reject.first_seen_at)),
        ("Tried", f"{reject.attempts} times" if reject.attempts != 1 else "once"),
        ("Last tried", show.moment(reject.last_tried_at)),
        ("Resolved", show.moment(reject.resolved_at)),
    ]
    return Facts(title="What was tried", rows=rows)


def open_rejects_panel(entity: str, most: int = 10) -> list[Panel]:
    """The open rejects of a feed; no panel where there are none."""
    found: QuerySet[SyncReject] = SyncReject.objects.filter(entity=entity, state=State.OPEN).defer("payload")
    rejects = list(found.order_by("-last_tried_at")[: most + 1])
    if not rejects:
        return []
    rows = [
        (pages.link_to(r, r.record_id), show.short(r.reason, 160), r.attempts, show.moment(r.last_tried_at))
        for r in rejects[:most]
    ]
    return [
        Table(
            title="Open rejects of this feed",
            headers=("Record", "Reason", "Tried", "Last"),
            rows=rows,
            numeric=frozenset({2}),
            count=f"{most}+" if len(rejects) > most else str(len(rejects)),
            more=("All open rejects of this feed", pages.list_of(SyncReject, entity=entity)),
        )
    ]
