"""Finding contacts (contract section 5): the search, the look-up of duplicates and the deprecated list."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from config.sandbox.chance import hits, salt
from config.sandbox.http import Answer
from integrations.ghl.sandbox.api import render, shapes
from integrations.ghl.sandbox.api.call import Call
from integrations.ghl.sandbox.api.errors import traced, unprocessable
from integrations.ghl.sandbox.api.filters import OPERATORS, matches, sort_key
from integrations.ghl.sandbox.api.shapes import Field
from integrations.ghl.sandbox.store import phones
from integrations.ghl.sandbox.store.records import State

DEEPEST = 10_000
_BODY = {
    "locationId": Field(shapes.text, required=True),
    "pageLimit": Field(shapes.whole(1, 500), required=True),
    "page": Field(shapes.whole(1, DEEPEST)),
    "searchAfter": Field(shapes.array),
    "query": Field(shapes.short(75)),
    "filters": Field(shapes.array),
    "sort": Field(shapes.array),
}
_DUPLICATE = {
    "locationId": Field(shapes.text, required=True),
    "email": Field(shapes.text),
    "number": Field(shapes.text),
}
_LIST = {
    "locationId": Field(shapes.text, required=True),
    "query": Field(shapes.text),
    "limit": Field(shapes.whole(1, 100)),
    "startAfter": Field(shapes.text),
    "startAfterId": Field(shapes.text),
}


def search(call: Call) -> Answer:
    body = shapes.check(_BODY, call.body())
    call.own_location(body["locationId"])
    limit, page = body["pageLimit"], body.get("page", 1)
    if page * limit > DEEPEST:
        raise unprocessable(f"page and pageLimit reach at most {DEEPEST} records: use searchAfter")
    after = body.get("searchAfter")
    records = call.account.contacts.records
    lag = call.switches.search_lag
    if not (body.get("filters") or body.get("query") or body.get("sort")):
        start = 0 if after else (page - 1) * limit
        states = list(islice(records.walk(lag, _after(after)), start, start + limit))
        return _answer(call, states, records.count(lag))
    found = _sorted(body.get("sort"), list(_matching(call, body)))
    if after:
        known = [state["id"] for state in found]
        start = known.index(_after(after)) + 1 if _after(after) in known else len(found)
    else:
        start = (page - 1) * limit
    return _answer(call, found[start : start + limit], len(found))


def _after(cursor: list[Any] | None) -> str | None:
    """A cursor is [milliseconds, id]."""
    return str(cursor[-1]) if cursor else None


def _answer(call: Call, states: list[State], total: int) -> Answer:
    rows = []
    for state in states:
        row = render.contact(state, v3=call.v3)
        if call.switches.search_lacks_dnd:
            row.pop("dndSettings", None)
        rows.append(row | {"searchAfter": [render.milliseconds(state["dateAdded"]), state["id"]]})
    return traced({"contacts": rows, "total": total})


def _matching(call: Call, body: dict[str, Any]) -> Iterator[State]:
    filters = body.get("filters", [])
    words = body.get("query", "").lower()
    missed = _missed(call) if any(part.get("field") == "phone" for part in filters if isinstance(part, dict)) else None
    for state in _candidates(call, filters):
        hit = all(matches(state, part) for part in filters) and (not words or words in _haystack(state))
        if hit and not (missed and missed(state)):
            yield state


def _missed(call: Call) -> Callable[[State], bool]:
    """Searches by phone do not find everybody."""
    share, constant = call.switches.phone_search_misses, salt(call.account.seed, "phone search")
    return lambda state: bool(share) and hits(share, constant, state["dateAdded"])


def _candidates(call: Call, filters: list[Any]) -> Iterator[State]:
    """By an index where one of the filters, all of which must hold, has one."""
    records, lag = call.account.contacts.records, call.switches.search_lag
    for part in filters:
        if not isinstance(part, dict) or ("group" not in part and part.get("operator") not in OPERATORS):
            raise unprocessable("each value in filters must be a filter or a group of filters")
    for part in filters:
        field, value = part.get("field"), part.get("value")
        if part.get("operator") != "eq" or not isinstance(value, str):
            continue
        if field == "id":
            state = records.seen(value, lag)
            return iter([state] if state is not None else [])
        if field in {"email", "phone"}:
            return iter(records.found(field, value.lower(), lag))
    return records.walk(lag)


def _sorted(order: list[Any] | None, states: list[State]) -> list[State]:
    for part in reversed(order or []):
        if not isinstance(part, dict) or "field" not in part:
            raise unprocessable("each value in sort must have a field and a direction")
        states.sort(key=sort_key(part["field"]), reverse=part.get("direction") == "desc")
    return states


def _haystack(state: State) -> str:
    return " ".join(str(state.get(name, "")) for name in ("name", "email", "phone", "companyName")).lower()


def duplicate(call: Call) -> Answer:
    query = shapes.check(_DUPLICATE, call.query())
    call.own_location(query["locationId"])
    contacts = call.account.contacts
    wanted = {"email": query.get("email", "").lower(), "phone": phones.normal(query.get("number", "")) or ""}
    for field in (call.switches.dedupe_first, call.switches.dedupe_second):
        value = wanted.get(field)
        if not value:
            continue
        lag = call.switches.search_lag if call.switches.duplicate_search_lags else 0
        found = [state for state in contacts.records.found(field, value, lag) if str(state.get(field, "")).lower() == value]
        if found:
            return traced({"contact": render.contact(found[-1], v3=call.v3)})
    return traced({"contact": None})


def listing(call: Call) -> Answer:
    """GET /contacts/, deprecated, gone in v3."""
    query = shapes.check(_LIST, call.query())
    call.own_location(query["locationId"])
    records, lag = call.account.contacts.records, call.switches.search_lag
    limit, words = int(query.get("limit", 20)), query.get("query", "").lower()
    walk = (state for state in records.walk(lag, query.get("startAfterId")) if not words or words in _haystack(state))
    states = list(islice(walk, limit))
    total = records.count(lag)
    meta: dict[str, Any] = {"total": total}
    if states:
        meta |= {"startAfterId": states[-1]["id"], "startAfter": render.milliseconds(states[-1]["dateAdded"])}
    return traced({"contacts": [render.contact(state, v3=False) for state in states], "count": total, "meta": meta})
