"""What the API tells about itself and the org: versions, resources, limits, describes (contract sections 2, 8, 10)."""

from email.utils import formatdate, parsedate_to_datetime
from typing import Any
from zlib import crc32

import msgspec

from config.sandbox import moments
from config.sandbox.http import Answer, json_answer
from salesforce.sandbox.api.call import Call
from salesforce.sandbox.api.errors import not_found, rejection
from salesforce.sandbox.org.sobjects import View
from salesforce.sandbox.switches import Switches

OLDEST = 31  # retired below: 410
_SEASONS = ("Summer", "Winter", "Spring")  # of versions divided by three, with the year of the last one
_RESOURCES = ("sobjects", "query", "queryAll", "limits", "composite", "jobs", "tooling")


def versions(switches: Switches) -> Answer:
    found = range(OLDEST, switches.newest_version + 1)
    return json_answer([{"label": _label(n), "url": f"/services/data/v{n}.0", "version": f"{n}.0"} for n in found])


def _label(version: int) -> str:
    """67 is Summer '26, 68 Winter '27, 69 Spring '27."""
    season = (version - 67) % 3
    year = 26 + (version - 67) // 3 + (season > 0)
    return f"{_SEASONS[season]} '{year}"


def resources(call: Call) -> Answer:
    links = {name: f"/services/data/v{call.version}.0/{name}" for name in _RESOURCES}
    identity = f"{call.base}/id/{call.org.credentials.org_id}/{call.org.credentials.user_id}"
    return json_answer({**links, "identity": identity})


def limits(call: Call) -> Answer:
    _needs_setup(call)
    return json_answer(call.api.limits.described(call.org.clock.ticks(), call.switches))


def record_count(call: Call) -> Answer:
    """Living rows; an object without any is left out."""
    _needs_setup(call)
    names = (call.request.last("sObjects") or "Account,Contact").split(",")
    views = [view for name in names if (view := call.org.view(name, call.switches)) is not None]
    counts = [{"count": call.org.tables[view.name].alive, "name": view.name} for view in views]
    return json_answer({"sObjects": [row for row in counts if row["count"]]})


def _needs_setup(call: Call) -> None:
    if not call.switches.view_setup:
        raise rejection("INSUFFICIENT_ACCESS", "You need the permission View Setup and Configuration")


def sobjects(call: Call) -> Answer:
    """The global describe."""
    names = [sobject.name for sobject in call.org.sobjects.values() if not sobject.tooling]
    shown = [_short(call, view) for name in names if (view := call.org.view(name, call.switches)) is not None]
    return _unless_known(call, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown})


def _short(call: Call, view: View) -> dict[str, Any]:
    long = {"actionOverrides", "childRelationships", "namedLayoutInfos", "recordTypeInfos", "supportedScopes"}
    shown = {name: value for name, value in view.shown().items() if name not in long}
    return _addressed(call, shown)


def basic(call: Call) -> Answer:
    view = call.view(call.names[0])
    return json_answer({"objectDescribe": _short(call, view), "recentItems": []})


def describe(call: Call) -> Answer:
    return _unless_known(call, _addressed(call, call.view(call.names[0]).described()))


def _addressed(call: Call, shown: dict[str, Any]) -> dict[str, Any]:
    """With the addresses of this version and org."""
    text = msgspec.json.encode(shown).replace(b"{version}", f"v{call.version}.0".encode()).replace(b"{base}", call.base.encode())
    found: dict[str, Any] = msgspec.json.decode(text)
    return found


def _unless_known(call: Call, body: dict[str, Any]) -> Answer:
    """304 for a caller who has seen it since it last changed."""
    changed = call.org.shape_changed // moments.SECOND
    answer = json_answer(body)
    answer.headers["Last-Modified"] = formatdate(changed, usegmt=True)
    answer.headers["ETag"] = f'"{crc32(answer.body):08x}"'
    known = call.request.headers.get("if-modified-since")
    if known is None:
        return answer
    try:
        seen = parsedate_to_datetime(known).timestamp()
    except ValueError:
        return answer
    return answer if seen < changed else Answer(304, b"", {name: answer.headers[name] for name in ("Last-Modified", "ETag")})


def nothing(call: Call) -> Answer:
    raise not_found()
