"""Finding opportunities (contract section 7). The parameters' spelling depends on the version, and is enforced."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from config.sandbox import moments
from config.sandbox.http import Answer
from integrations.ghl.sandbox.api import render, shapes
from integrations.ghl.sandbox.api.call import Call
from integrations.ghl.sandbox.api.errors import traced, unprocessable
from integrations.ghl.sandbox.api.shapes import Field, Shape
from integrations.ghl.sandbox.store.records import State

_RENAMED = {
    "locationId": "location_id",
    "pipelineId": "pipeline_id",
    "pipelineStageId": "pipeline_stage_id",
    "contactId": "contact_id",
    "assignedTo": "assigned_to",
}
_PLAIN = ("q", "campaignId", "id", "order", "date", "endDate", "startAfter", "startAfterId", "country")
_DETAILS = {name: Field(shapes.flag, required=True) for name in ("notes", "tasks", "calendarEvents", "unReadConversations")}
_BODY = {
    "locationId": Field(shapes.text, required=True),
    "query": Field(shapes.short(75), required=True),
    "limit": Field(shapes.whole(1, 100), required=True),
    "page": Field(shapes.whole(0, 10_000), required=True),
    "searchAfter": Field(shapes.array, required=True),
    "additionalDetails": Field(shapes.nested(_DETAILS), required=True),
}
_PAGING = {"locationId", "limit", "page", "startAfter", "startAfterId", "getTasks", "getNotes", "getCalendarEvents"}
_EXACT = ("pipelineId", "pipelineStageId", "contactId", "assignedTo", "id")


def _shape(call: Call) -> Shape:
    named = {name if call.v3 else _RENAMED[name]: Field(shapes.text) for name in _RENAMED}
    named["locationId" if call.v3 else "location_id"] = Field(shapes.text, required=True)
    return (
        named
        | {name: Field(shapes.text) for name in _PLAIN}
        | {name: Field(shapes.one_of("true", "false")) for name in ("getTasks", "getNotes", "getCalendarEvents")}
        | {
            "status": Field(shapes.one_of("open", "won", "lost", "abandoned", "all")),
            "page": Field(shapes.whole(1, 10_000)),
            "limit": Field(shapes.whole(1, 100)),
        }
    )


def search(call: Call) -> Answer:
    query = shapes.check(_shape(call), call.query())
    old = {spelling: name for name, spelling in _RENAMED.items()}
    wanted = {old.get(name, name): value for name, value in query.items()}
    call.own_location(wanted["locationId"])
    limit, page = int(wanted.get("limit", 20)), int(wanted.get("page", 1))
    narrow = set(wanted) - _PAGING
    records, lag = call.account.opportunities.records, call.switches.search_lag
    if narrow:
        found = list(_found(call, wanted))
        total, states = len(found), iter(_behind(found, wanted.get("startAfterId")))
    else:
        total, states = records.count(lag), records.walk(lag, wanted.get("startAfterId"))
    start = 0 if "startAfterId" in wanted else (page - 1) * limit
    rows = list(islice(states, start, start + limit))
    return traced({"opportunities": _rows(call, rows), "meta": _meta(query, rows, total, page, limit), "aggregations": {}})


def _rows(call: Call, states: list[State]) -> list[dict[str, Any]]:
    observed = call.switches.search_custom_fields == "observed"
    return [render.opportunity(call.account, state, observed=observed) for state in states]


def _found(call: Call, wanted: dict[str, str]) -> Iterator[State]:
    since, until = _day(wanted.get("date")), _day(wanted.get("endDate"))
    words = wanted.get("q", "").lower()
    states = [
        state
        for state in _candidates(call, wanted)
        if all(state.get(name) == wanted[name] for name in _EXACT if name in wanted)
        and wanted.get("status", "all") in {"all", state["status"]}
        and (since is None or state["createdAt"] >= since)
        and (until is None or state["createdAt"] < until + moments.DAY)
        and (not words or words in _haystack(call, state))
    ]
    return reversed(states) if wanted.get("order", "").endswith("_asc") else iter(states)


def _candidates(call: Call, wanted: dict[str, str]) -> Iterator[State]:
    records, lag = call.account.opportunities.records, call.switches.search_lag
    if "id" in wanted:
        state = records.seen(wanted["id"], lag)
        return iter([state] if state is not None else [])
    if "contactId" in wanted:
        return iter(records.found("contact", wanted["contactId"], lag))
    return records.walk(lag)


def _haystack(call: Call, state: State) -> str:
    holder = call.account.contacts.records.get(state["contactId"]) or {}
    return " ".join(str(part) for part in (state["name"], *(holder.get(n, "") for n in ("name", "email", "phone")))).lower()


def _behind(states: list[State], id: str | None) -> list[State]:
    if id is None:
        return states
    ids = [state["id"] for state in states]
    return states[ids.index(id) + 1 :] if id in ids else []


def _day(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return moments.from_datetime(datetime.strptime(text, "%m-%d-%Y").replace(tzinfo=UTC))
    except ValueError:
        raise unprocessable("date must be written as mm-dd-yyyy") from None


def _meta(query: dict[str, str], rows: list[State], total: int, page: int, limit: int) -> dict[str, Any]:
    meta: dict[str, Any] = {"total": total, "currentPage": page}
    if page > 1:
        meta["prevPage"] = page - 1
    if rows and len(rows) == limit and page * limit < total:
        after = {"startAfter": str(render.milliseconds(rows[-1]["createdAt"])), "startAfterId": rows[-1]["id"]}
        meta |= {"nextPage": page + 1, "startAfterId": after["startAfterId"], "startAfter": int(after["startAfter"])}
        meta["nextPageUrl"] = "https://services.leadconnectorhq.com/opportunities/search?" + urlencode({**query, **after})
    return meta


def search_by_body(call: Call) -> Answer:
    body = shapes.check(_BODY, call.body())
    call.own_location(body["locationId"])
    records, lag = call.account.opportunities.records, call.switches.search_lag
    after = str(body["searchAfter"][-1]) if body["searchAfter"] else None
    start = 0 if after else max(0, body["page"] - 1) * body["limit"]
    if body["query"]:
        found = list(_found(call, {"q": body["query"]}))
        total, states = len(found), iter(_behind(found, after))
    else:
        total, states = records.count(lag), records.walk(lag, after)
    rows = list(islice(states, start, start + body["limit"]))
    return traced({"opportunities": _rows(call, rows), "total": total, "aggregations": {}})
