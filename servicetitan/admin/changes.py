"""What changed in the mirror: the list of all changes, and the differences as people read them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config.backoffice import show, wording
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import days, of, recent_choice
from config.backoffice.positions import LOG_WINDOW, within
from servicetitan.admin import words
from servicetitan.entities import BY_NAME
from servicetitan.models import Change, SyncLog

MOST_FIELDS = 6
SLACK = timedelta(hours=1)  # a transaction's number is given when it first writes, its time when it began
LAST = ("modifiedOn",)  # says only that something changed


def differences(old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    """(field, before, after) of every value that differs, inside nested objects too. Absent reads as None."""
    found = list(_walk("", old or {}, new or {}))
    return sorted(found, key=lambda item: item[0] in LAST)


def _walk(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield path, old, new
        return
    for name in dict.fromkeys([*old, *new]):
        yield from _walk(f"{path}.{name}" if path else name, old.get(name), new.get(name))


def difference_lines(old: Any, new: Any) -> SafeString:
    """ "field: before → after", the first few of them; the rest unfolds."""
    rows = [_line(*item) for item in differences(old, new)]
    if not rows:
        return show.NOTHING
    head = format_html('<div class="hub-diff">{}</div>', _joined(rows[:MOST_FIELDS]))
    if len(rows) <= MOST_FIELDS:
        return head
    rest = format_html('<div class="hub-diff">{}</div>', _joined(rows[MOST_FIELDS:]))
    return format_html("{}{}", head, show.fold(f"{len(rows) - MOST_FIELDS} more", rest))


def _joined(rows: list[SafeString]) -> SafeString:
    return format_html_join("", "<div>{}</div>", ((row,) for row in rows))


def _line(name: str, old: Any, new: Any) -> SafeString:
    return format_html("<b>{}</b> <del>{}</del> → <ins>{}</ins>", name, _value(old), _value(new))


def _value(value: Any) -> str:
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return f"{len(value)} entries"
    if isinstance(value, dict | list):
        return show.short(json.dumps(value, ensure_ascii=False), 120)
    return show.short(str(value), 120)


def of_run(run: SyncLog) -> QuerySet[Change]:
    """The changes one run made."""
    if run.first_txid is None or run.last_txid is None:
        return Change.objects.none()
    return Change.objects.filter(txid__gte=run.first_txid, txid__lte=run.last_txid, entity=run.entity)


def _narrow_to_run(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    run = SyncLog.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
    if run is None or run.first_txid is None:
        return rows.none()
    return rows.filter(txid__gte=run.first_txid, txid__lte=run.last_txid, entity=run.entity)


def of_record(entity: str, record_id: Any) -> QuerySet[Change]:
    """What happened to one record after it first came: the index leaves inserts out."""
    return Change.objects.filter(record_id=record_id, entity=entity).exclude(kind=Change.Kind.INSERTED)


def _narrow_to_record(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    entity, _, record_id = chosen.partition(":")
    if entity not in BY_NAME or not record_id.isdecimal():
        return rows.none()
    return rows.filter(record_id=record_id, entity=entity).exclude(kind=Change.Kind.INSERTED)


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ("when", "feed", "record", "what_kind", "what")
    list_display_links = None
    list_filter = (
        recent_choice("entity", "Feed", words.ENTITY_CHOICES, window="txid", rows=LOG_WINDOW),
        recent_choice("kind", "Kind", wording.choices(Change.Kind), window="txid", rows=LOG_WINDOW),
        days("Days", within("changed_at", key="txid", slack=SLACK)),
        of("run", "Run", _narrow_to_run, lambda chosen: f"number {chosen}"),
        of("record", "Record", _narrow_to_record, lambda chosen: chosen.replace(":", " ")),
    )
    ordering = ("-txid", "-id")
    empty_list = "No change yet. Every record that comes, changes or goes leaves a line here."

    @admin.display(description="when")
    def when(self, change: Change) -> SafeString:
        return show.moment(change.changed_at)

    @admin.display(description="feed")
    def feed(self, change: Change) -> str:
        return words.called(change.entity)

    @admin.display(description="record")
    def record(self, change: Change) -> SafeString | str:
        return words.record_link(change.entity, change.record_id)

    @admin.display(description="kind")
    def what_kind(self, change: Change) -> SafeString:
        return kind_pill(change)

    @admin.display(description="what")
    def what(self, change: Change) -> SafeString:
        return difference_lines(change.old, change.new)

    def find(self, object_id: str) -> None:
        """A change has no page of its own: the list shows all of it."""
        return


def kind_pill(change: Change) -> SafeString:
    kind = Change.Kind(change.kind)
    return show.pill(wording.lower(kind), words.KIND_TONES[kind])
