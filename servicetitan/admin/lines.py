"""The lines of estimates and invoices."""

from typing import Any

from django.utils.safestring import SafeString

from config.backoffice import show
from config.backoffice.panels import Panel, Table, Text
from servicetitan.models import Technician

LINES_SHOWN = 200


def summary(record: Any) -> list[Panel]:
    return [Text(title="Summary", content=show.paragraphs(record.summary))] if record.summary else []


def of_estimate(estimate: Any) -> Panel:
    items = list(estimate.items.all()[: LINES_SHOWN + 1])
    rows = [
        (i.sku_name or show.DASH, _words(i), show.number(_trimmed(i.qty)), show.money(i.unit_rate), show.money(i.total))
        for i in items[:LINES_SHOWN]
    ]
    return _lines(("SKU", "Item", "Quantity", "Rate", "Total"), rows, len(items))


def of_invoice(invoice: Any) -> Panel:
    items = list(invoice.items.all()[: LINES_SHOWN + 1])
    people = dict(Technician.objects.filter(pk__in={i.technician_id for i in items if i.technician_id}).values_list("pk", "name"))
    rows = [
        (i.sku_name or show.DASH, _words(i), show.some(people.get(i.technician_id) or i.technician_id or ""),
         show.number(_trimmed(i.quantity)), show.money(i.price), show.money(i.total))
        for i in items[:LINES_SHOWN]
    ]  # fmt: skip
    return _lines(("SKU", "Item", "Technician", "Quantity", "Price", "Total"), rows, len(items))


def _lines(headers: tuple[str, ...], rows: list[Any], count: int) -> Panel:
    cut = count > LINES_SHOWN
    return Table(
        title="Lines", headers=headers, rows=rows, numeric=frozenset(range(len(headers) - 3, len(headers))),
        count=f"{LINES_SHOWN}+" if cut else str(count), empty="It has no lines.",
        note=f"The first {LINES_SHOWN}; the record below has all." if cut else "",
    )  # fmt: skip


def _words(item: Any) -> SafeString | str:
    name, description = str(item.display_name or ""), show.plain(item.description)
    if not description or description == name:
        return name or show.NOTHING
    return show.lines([name, show.quiet(show.short(description, 160))])


def _trimmed(value: Any) -> Any:
    """A quantity without the vendor's nineteen zeros."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)
