from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from config.backoffice import show
from config.backoffice.panels import Banner, Facts, Panel, Table, Text
from config.monitoring.health import picture, test_alert
from config.monitoring.health.shown import Shown, read
from config.monitoring.incidents import span

RIGHT = "isolation.view_proof"  # whoever may see the fences may see whether they stand
SPANS = (("today", 1), ("7 days", 7), ("90 days", 90))
PILLS = {"ok": show.GOOD, "warning": show.WARNING, "bad": show.BAD, "unknown": show.BAD, "held": show.INFO}


def health(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    found = read()
    context = {
        **admin.site.each_context(request), "title": "Health", "banners": _banners(found),
        "panels": [*_panels(found), test_alert.panel(request)],
        "lead": _lead(found),
    }  # fmt: skip
    request.current_app = admin.site.name
    return TemplateResponse(request, "backoffice/record.html", context)


def _lead(found: Shown) -> Any:
    if not found.now:
        return ""
    return show.quiet(show.format_inline("as of", show.moment(_moment(found.now["at"]))))


def _banners(found: Shown) -> list[Banner]:
    if found.problem:
        return [Banner(found.problem, show.BAD)]
    banners = [Banner(_said(found, incident), show.BAD) for incident in found.now["incidents"]]
    if until := found.pause.get("until"):
        why = f": {found.pause['why']}" if found.pause.get("why") else ""
        banners.append(Banner(show.format_inline("Maintenance: nobody is told anything until", show.moment(_moment(until)), why),
                              show.INFO))  # fmt: skip
    return banners or [Banner(f"All is well: {len(found.now['nodes'])} things are watched.", show.GOOD)]


def _said(found: Shown, incident: Mapping[str, Any]) -> Any:
    text = f"{_title(found.now['nodes'], incident['cause'])}: {incident['text']}"
    return show.format_inline(text, show.moment(_moment(incident["opened"])))


def _panels(found: Shown) -> list[Panel]:
    if not found.now:
        return [_past(found.past, {})] if found.past else []
    nodes = found.now["nodes"]
    return [
        Text(title="What needs what", content=picture.drawn(nodes)),
        *([_open(found.now["incidents"], nodes)] if found.now["incidents"] else []),
        _ill(nodes),
        _uptime(found.now["uptime"]),
        _pass(found.now),
        _past(found.past, nodes),
        _all(nodes),
    ]


def _open(incidents: Sequence[Mapping[str, Any]], nodes: Mapping[str, Any]) -> Panel:
    rows = [
        (_title(nodes, one["cause"]), one["text"], show.moment(_moment(one["opened"])),
         show.lines([_title(nodes, name) for name in one["suffering"]]))
        for one in incidents
    ]  # fmt: skip
    return Table(title="Open incidents", headers=("Cause", "What is wrong", "Since", "Suffers behind it"), rows=rows)


def _ill(nodes: Mapping[str, Any]) -> Panel:
    rows = [
        (node["title"], _pill(node["state"]), node["text"], show.moment(_moment(node["since"])))
        for node in nodes.values()
        if node["state"] != "ok"
    ]
    return Table(title="Not well, or held", headers=("What", "State", "Why", "Since"), rows=rows, empty="Nothing.")


def _uptime(uptime: Mapping[str, Mapping[str, Sequence[float]]]) -> Panel:
    rows = [(unit, *(_share(uptime[unit], days) for _, days in SPANS)) for unit in sorted(uptime)]
    headers = ("Unit", *(name for name, _ in SPANS))
    return Table(title="Uptime", headers=headers, rows=rows, numeric=frozenset({1, 2, 3}), wide=False)


def _share(days: Mapping[str, Sequence[float]], most: int) -> str:
    chosen = [days[day] for day in sorted(days)[-most:]]
    well, unwell = (sum(day[part] for day in chosen) for part in (0, 1))
    return f"{well / (well + unwell):.2%}" if well + unwell else show.DASH


def _pass(now: Mapping[str, Any]) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Last look", show.moment(_moment(now["at"]))), ("Took", show.duration(now["seconds"])), ("Every", f"{now['every']:g} s"),
        ("Checks that failed", show.some(", ".join(f"{name}: {why}" for name, why in now["failed"].items()))),
    ]  # fmt: skip
    return Facts(title="The agent", rows=rows)


def _past(past: Sequence[Mapping[str, Any]], nodes: Mapping[str, Any]) -> Panel:
    rows = [
        (_title(nodes, one["cause"]), one["text"], show.moment(_moment(one["opened"])), span(one["closed"] - one["opened"]))
        for one in past
    ]
    return Table(title="Past incidents", headers=("Cause", "What was wrong", "Began", "Lasted"), rows=rows, empty="None yet.")


def _all(nodes: Mapping[str, Any]) -> Panel:
    rows = [(node["title"], node["unit"], _pill(node["state"]), node["text"]) for node in nodes.values()]
    headers = ("What", "Unit", "State", "As it is")
    return Table(title="Everything that is watched", headers=headers, rows=rows, count=str(len(rows)))


def _title(nodes: Mapping[str, Any], name: str) -> str:
    return str(nodes[name]["title"]) if name in nodes else name


def _pill(state: str) -> Any:
    return show.pill(state, PILLS[state])


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
