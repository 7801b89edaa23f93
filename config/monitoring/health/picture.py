"""The graph as a picture: what needs something stands to its right; a box has the colour of its state, and says it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

COLUMN, ROW, BOX_W, BOX_H, TOP = 250, 34, 205, 26, 8
LONGEST = 27  # letters of a title that fit into a box
TONES = {"ok": "good", "warning": "warning", "bad": "bad", "unknown": "bad", "held": "info"}

Node = Mapping[str, Any]
Places = dict[str, tuple[float, float]]


def drawn(nodes: Mapping[str, Node]) -> SafeString:
    places, width, height = _places(nodes)
    parts = [*_lines(nodes, places), *(_box(node, *places[name]) for name, node in nodes.items())]
    return format_html(
        '<div class="hub-scroll"><svg class="hub-picture" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg></div>',
        width, height, _spoken(nodes), format_html_join("\n", "{}", ((part,) for part in parts)),
    )  # fmt: skip


def _places(nodes: Mapping[str, Node]) -> tuple[Places, float, float]:
    columns: dict[int, list[str]] = defaultdict(list)
    for name, node in sorted(nodes.items(), key=lambda pair: (pair[1]["unit"], pair[0])):
        columns[node["depth"]].append(name)
    rows = max(map(len, columns.values()), default=0)
    places = {
        name: (8.0 + COLUMN * depth, TOP + ROW * (row + (rows - len(names)) / 2))
        for depth, names in columns.items()
        for row, name in enumerate(names)
    }
    return places, 16 + COLUMN * max(len(columns) - 1, 0) + BOX_W, TOP * 2 + ROW * rows


def _box(node: Node, x: float, y: float) -> SafeString:
    title = str(node["title"])
    short = title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…"
    return format_html(
        '<g class="hub-node hub-{}"><title>{}: {}. {}</title><rect x="{}" y="{}" width="{}" height="{}" rx="5"/>'
        '<text x="{}" y="{}">{}</text></g>',
        TONES[node["state"]], title, node["state"], node["text"], x, y, BOX_W, BOX_H, x + 10, y + BOX_H / 2 + 4, short,
    )  # fmt: skip


def _lines(nodes: Mapping[str, Node], places: Places) -> Iterator[SafeString]:
    """From what is needed to what needs it; what follows from another line is left out."""
    for name, node in nodes.items():
        direct = [need for need in node["needs"] if not any(need in _above(nodes, other) for other in node["needs"])]
        for need in direct:
            (x1, y1), (x2, y2) = places[need], places[name]
            start, end, middle = x1 + BOX_W, x2, (x1 + BOX_W + x2) / 2
            tone = " hub-cause" if TONES[nodes[need]["state"]] == "bad" else ""
            path = f"M{start},{y1 + BOX_H / 2} C{middle},{y1 + BOX_H / 2} {middle},{y2 + BOX_H / 2} {end},{y2 + BOX_H / 2}"
            yield format_html('<path class="hub-needs{}" d="{}"/>', tone, path)


def _above(nodes: Mapping[str, Node], name: str) -> set[str]:
    found: set[str] = set()
    waiting = list(nodes[name]["needs"])
    while waiting:
        need = waiting.pop()
        if need not in found:
            found.add(need)
            waiting += nodes[need]["needs"]
    return found


def _spoken(nodes: Mapping[str, Node]) -> str:
    """For those who cannot see it: what is not well."""
    ill = [f"{node['title']} is {node['state']}." for node in nodes.values() if node["state"] != "ok"]
    return " ".join(ill) or f"All {len(nodes)} things that are watched are well."
