"""All that happened to one record or customer, and all that was decided about it, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from automation.admin import words
from automation.workflows import wording
from automation.workflows.entities import ENTITIES
from automation.workflows.models import Event, Trace
from config.backoffice import pages, show
from config.backoffice.panels import Ask, Page, Panel, Table, Text

PER_PAGE, FURTHEST = 50, 20
RECORDS = 200  # of a customer, of each kind: the newest
NAMES = tuple((name, name) for name in ENTITIES)


def url(about: str = "") -> str:
    """`about`: "estimate:51"."""
    here = reverse("admin:automation_trace_why")
    entity, _, id = about.partition(":")
    return f"{here}?{urlencode({'entity': entity, 'id': id})}" if about else here


def data(given: Any) -> SafeString:
    """A decision's data, as it was then."""
    if not given:
        return show.NOTHING
    return show.fold(show.short(", ".join(f"{name}: {value}" for name, value in given.items()), 60), show.pretty(given))


def page(request: HttpRequest) -> Page:
    entity, text = request.GET.get("entity", "customer"), request.GET.get("id", "").strip()
    entity, id = entity if entity in ENTITIES else "customer", words.number(text)
    number = min(max(1, words.number(request.GET.get("p", "1"))), FURTHEST)
    panels: list[Panel] = [Ask(title="Of which record", choices=NAMES, chosen=entity, value=text)]
    if id >= 0:
        panels += _found(entity, id, number)
    lead = show.quiet("Who entered, who did not, what was sent or not, and why: with the data as it was then.")
    return Page(panels, lead=lead)


def _found(entity: str, id: int, number: int) -> Iterator[Panel]:
    lines = sorted(_lines(_records(entity, id), number * PER_PAGE + 1), key=lambda one: (one.at, one.order), reverse=True)
    start = (number - 1) * PER_PAGE
    rows = [line.cells for line in lines[start : start + PER_PAGE]]
    title = f"{wording.sentence(entity)} {id}"
    yield Table(
        title=title, headers=("When", "What", "Record", "Workflow", "Why", "Data then", "Run"), rows=rows,
        note=f"With the newest {RECORDS} jobs, estimates, appointments and invoices." if entity == "customer" else "",
        empty="Nothing happened to it since workflows are here, and nothing was decided about it. Is the id right?",
    )  # fmt: skip
    if number > 1 or len(lines) > start + PER_PAGE:
        yield Text(title="More", content=_pager(entity, id, number, follows=len(lines) > start + PER_PAGE))


def _pager(entity: str, id: int, number: int, *, follows: bool) -> SafeString:
    here = url(f"{entity}:{id}")
    back = show.link(f"{here}&p={number - 1}", "Previous") if number > 1 else ""
    on = show.link(f"{here}&p={number + 1}", "Next") if follows and number < FURTHEST else ""
    return format_html('<nav class="hub-pager" aria-label="Pages">{}<span>Page {}</span>{}</nav>', back, number, on)


def _records(entity: str, id: int) -> dict[str, list[int]]:
    """The record; of a customer, what is the customer's as well."""
    found = {entity: [id]}
    if entity == "customer":
        for name, kind in ENTITIES.items():
            if name != "customer":
                path = "job__customer" if name == "appointment" else kind.customer  # that has an index
                rows = kind.model._default_manager.filter(**{path: id}).order_by("-pk")
                found[name] = list(rows.values_list("pk", flat=True)[:RECORDS])
    return found


@dataclass(frozen=True)
class _Line:
    """`order`: of what happened at the same moment the event comes before what was decided about it."""

    at: datetime
    order: tuple[int, int]
    cells: tuple[Any, ...]


def _lines(records: dict[str, list[int]], most: int) -> Iterator[_Line]:
    for entity, ids in records.items():
        if not ids:
            continue
        decisions = Trace.objects.filter(entity=entity, entity_id__in=ids).select_related("workflow").order_by("-id")
        for one in decisions[:most]:
            yield _Line(one.at, (1, one.pk), _decision(one))
        for event in Event.objects.filter(entity=entity, entity_id__in=ids).order_by("-id")[:most]:
            yield _Line(event.noted_at, (0, event.pk), _event(event))


def _decision(one: Trace) -> tuple[Any, ...]:
    why = f"step {one.step}: {one.why}" if one.step else one.why
    return (
        show.moment(one.at), words.what_pill(one.what), words.record_link(one.entity, one.entity_id),
        pages.link_to(one.workflow), why or show.NOTHING, data(one.data), words.run_link(one.run_id),
    )  # fmt: skip


def _event(event: Event) -> tuple[Any, ...]:
    return (
        show.moment(event.noted_at), show.pill("it happened", show.PLAIN), words.record_link(event.entity, event.entity_id),
        show.NOTHING, wording.sentence(wording.event(event.kind)), data(event.data),
        pages.link_to(event, "event"),
    )  # fmt: skip
