"""What the pages of all mirrored records share: fast lists, sync facts, history, the record as it came."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.navigation import may_see
from config.backoffice.panels import Banner, Facts, Page, Panel, Table, Text
from config.backoffice.positions import few
from servicetitan.admin.changes import difference_lines, kind_pill, of_record
from servicetitan.admin.finding import is_number
from servicetitan.models import Change, MirroredRecord

HISTORY_SHOWN = 20
RELATED_SHOWN = 8
ACTIVE = (("yes", "yes"), ("no", "no"))


class MirroredAdmin(ReadOnlyAdmin):
    """`entity` is the name in the change log; `list_related` are the parents whose names the list shows."""

    entity: str
    list_related: tuple[str, ...] = ()
    page_related: tuple[str, ...] = ()
    ordering: ClassVar[Any] = ("-id",)
    search_fields = ("id",)  # shows the box; what it finds is in `search`
    empty_list = "Nothing is mirrored yet. The first sync brings the records; the page “Runs” shows how it goes."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the raw records, which are most of a row's bytes."""
        rows = super().get_queryset(request).select_related(*self.list_related)
        return rows.defer("raw", *(f"{name}__raw" for name in self.list_related))

    def one(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model._default_manager.select_related(*self.page_related)
        return rows.defer(*(f"{name}__raw" for name in self.page_related))

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Only what an index finds."""
        return rows.filter(pk=int(term)) if is_number(term) else rows.none()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        return (self.search(queryset, term) if term else queryset), False

    def facts(self, request: HttpRequest, record: Any) -> Iterable[Panel]:
        """The panels that come first."""
        raise NotImplementedError

    def banners(self, record: Any) -> list[Banner]:
        return []

    def lead(self, record: Any) -> SafeString | str:
        return show.pill("inactive", show.PLAIN) if record.active is False else ""

    def page(self, request: HttpRequest, record: Any) -> Page:
        raw = Text(title="The record as ServiceTitan sent it", content=show.pretty(record.raw), folded=True)
        about_the_sync = [*self._history(request, record), _sync_facts(record), raw]
        panels = [*self.facts(request, record), *about_the_sync]
        return Page(panels, [*_gone(record), *self.banners(record)], self.lead(record), tail=len(about_the_sync))

    def _history(self, request: HttpRequest, record: Any) -> list[Panel]:
        if not may_see(request, Change):
            return []
        found = list(of_record(self.entity, record.pk).order_by("-txid", "-id")[: HISTORY_SHOWN + 1])
        rows = [(show.moment(c.changed_at), kind_pill(c), difference_lines(c.old, c.new)) for c in found[:HISTORY_SHOWN]]
        more = ("The whole history", pages.list_of(Change, record=f"{self.entity}:{record.pk}"))
        return [
            Table(
                title="History", headers=("When", "Kind", "What"), rows=rows,
                empty=f"No change since it first came, {show.age(record.first_seen_at)}.",
                more=more if len(found) > HISTORY_SHOWN else None,
            )
        ]  # fmt: skip


def _gone(record: MirroredRecord) -> list[Banner]:
    """Banners for what ServiceTitan no longer has."""
    if record.deleted_at:
        found_out = f"found out {show.age(record.deleted_at)}, by reading it directly"
        return [Banner(f"ServiceTitan no longer has this record: {found_out}. This is its last state.", show.BAD)]
    if record.missing_since:
        missing = f"Missing in ServiceTitan's list since {show.clock(record.missing_since)}."
        return [Banner(f"{missing} It may be gone; a direct read has not confirmed it yet.", show.WARNING)]
    return []


def _sync_facts(record: MirroredRecord) -> Panel:
    rows = [
        ("ServiceTitan id", show.copyable(record.pk)),
        ("Created there", show.moment(record.created_on)),
        ("Last modified there", show.moment(record.modified_on)),
        ("First mirrored", show.moment(record.first_seen_at)),
        ("Last changed here", show.moment(record.synced_at)),
        ("Came with position", show.copyable(record.source_checkpoint)),
    ]
    return Facts(title="Sync", rows=rows, wide=True)


Cells = Callable[[Any], Sequence[Any]]


def related(
    request: HttpRequest, title: str, rows: QuerySet[Any], headers: Sequence[str], cells: Cells, *,
    all_at: str, numeric: Iterable[int] = (), related_to: tuple[str, ...] = (), empty: str = "None.",
) -> list[Panel]:  # fmt: skip
    """The newest records that belong to this one, and a link to all of them; nothing for who may not see them."""
    if not may_see(request, rows.model):
        return []
    _, count = few(rows)
    newest = rows.select_related(*related_to).defer("raw", *(f"{name}__raw" for name in related_to)).order_by("-pk")
    found = list(newest[:RELATED_SHOWN])
    more = (f"All {count}", all_at) if len(found) == RELATED_SHOWN and count != str(RELATED_SHOWN) else None
    table = Table(
        title=title, headers=headers, rows=[cells(row) for row in found], numeric=frozenset(numeric), count=count,
        empty=empty, more=more,
    )  # fmt: skip
    return [table]


def address(record: Any, prefix: str = "") -> str:
    """The parts of an address that are there, in one line."""
    part = {name: getattr(record, f"{prefix}{name}") or "" for name in ("street", "unit", "city", "state", "zip", "country")}
    place = " ".join(word for word in (part["state"], part["zip"]) if word)
    return ", ".join(word for word in (part["street"], part["unit"], part["city"], place, part["country"]) if word)
