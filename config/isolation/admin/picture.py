"""The manifest as a picture: who writes where, who reads whom, and whom each one may call."""

from collections.abc import Iterator

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config.isolation.manifest import UNIT_SCHEMAS, UNITS, Unit

ROW, BOX, TOP = 74, 46, 34
VENDOR_X, UNIT_X, SCHEMA_X = 10, 300, 640
VENDOR_W, UNIT_W, SCHEMA_W = 190, 210, 190
WIDTH = SCHEMA_X + SCHEMA_W + 120  # room for the arrows of reading, on the right
VENDORS = {
    "SERVICETITAN": "ServiceTitan", "GHL": "GoHighLevel", "SALESFORCE": "Salesforce", "TWILIO": "Twilio",
}  # fmt: skip


def drawn() -> SafeString:
    height = TOP + ROW * len(UNITS) + 8
    parts = [*_titles(), *(part for row, unit in enumerate(UNITS) for part in _unit(row, unit)), *_reading()]
    body = format_html_join("\n", "{}", ((part,) for part in parts))
    return format_html(
        '<div class="hub-scroll"><svg class="hub-picture" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg></div>',
        WIDTH, height, _spoken(), _heads(), body,
    )  # fmt: skip


def _spoken() -> str:
    """The same for those who cannot see it."""
    return " ".join(
        f"{unit.name} writes {_own(unit)} and reads {', '.join(unit.reads) or 'nothing else'}." for unit in UNITS
    )


def _own(unit: Unit) -> str:
    return f"{unit.schema}: {', '.join(unit.tables)}" if unit.schema else "nothing"


def _heads() -> SafeString:
    return format_html_join(
        "",
        '<marker id="hub-head-{}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="hub-head-{}" d="M0,0 L8,4 L0,8 z"/></marker>',
        ((kind, kind) for kind in ("writes", "reads", "calls")),
    )


def _titles() -> Iterator[SafeString]:
    for x, text in ((VENDOR_X, "its own external API"), (UNIT_X, "unit"), (SCHEMA_X, "its own schema")):
        yield format_html('<text class="hub-picture-title" x="{}" y="18">{}</text>', x, text)


def _middle(row: int) -> float:
    return TOP + row * ROW + BOX / 2


def _unit(row: int, unit: Unit) -> Iterator[SafeString]:
    y = _middle(row)
    yield _box(UNIT_X, y, UNIT_W, "unit", unit.name, unit.purpose)
    if unit.apis:
        names = dict.fromkeys(VENDORS.get(api.setting.split("_")[0], api.setting) for api in unit.apis)
        methods = dict.fromkeys(method for api in unit.apis if not api.auth for method in api.methods)
        yield _box(VENDOR_X, y, VENDOR_W, "vendor", ", ".join(names), " ".join(methods))
        yield _arrow("calls", f"M{UNIT_X},{y} H{VENDOR_X + VENDOR_W + 2}")
    if unit.schema:
        yield _box(SCHEMA_X, y, SCHEMA_W, "schema", unit.schema, ", ".join(unit.tables))
        yield _arrow("writes", f"M{UNIT_X + UNIT_W},{y} H{SCHEMA_X - 2}")


def _reading() -> Iterator[SafeString]:
    """An arrow from each schema that is read to its readers; who reads everything has a word instead of five arrows."""
    place = {unit.schema: row for row, unit in enumerate(UNITS) if unit.schema}
    for row, unit in enumerate(UNITS):
        if set(UNIT_SCHEMAS) <= set(unit.reads):
            yield _note(row, "reads every schema")
            continue
        for lane, schema in enumerate(unit.reads):
            yield _read_arrow(place[schema], row, lane)


def _read_arrow(source: int, reader: int, lane: int) -> SafeString:
    """Out of the schema on its right, down outside, and back above the reader's own arrow into the unit."""
    start, end = _middle(source) - 8 + 8 * lane, _middle(reader) - BOX / 2 - 8 - 6 * lane
    out = SCHEMA_X + SCHEMA_W + 20 + 22 * (reader - source) + 8 * lane
    into = UNIT_X + UNIT_W - 24 - 22 * lane
    path = f"M{SCHEMA_X + SCHEMA_W},{start} H{out} V{end} H{into} V{_middle(reader) - BOX / 2 - 1}"
    return _arrow("reads", path)


def _note(row: int, text: str) -> SafeString:
    y = _middle(row) + BOX / 2 + 14
    return format_html('<text class="hub-picture-note" x="{}" y="{}">{}</text>', UNIT_X, y, text)


def _arrow(kind: str, path: str) -> SafeString:
    return format_html('<path class="hub-arrow hub-{}" marker-end="url(#hub-head-{})" d="{}"/>', kind, kind, path)


def _box(x: float, y: float, width: float, kind: str, title: str, text: str) -> SafeString:
    return format_html(
        '<g class="hub-box hub-box-{}"><rect x="{}" y="{}" width="{}" height="{}" rx="6"/>'
        '<text class="hub-box-title" x="{}" y="{}">{}</text><text class="hub-box-text" x="{}" y="{}">{}</text></g>',
        kind, x, y - BOX / 2, width, BOX, x + 10, y - 4, title, x + 10, y + 13, _fitting(text, width),
    )  # fmt: skip


def _fitting(text: str, width: float) -> str:
    most = int(width / 6.2)
    return text if len(text) <= most else f"{text[: most - 1]}…"

