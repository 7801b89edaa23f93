"""Queries and the rest of their results."""

from typing import Any

from config.sandbox.http import Answer, json_answer
from salesforce.sandbox.api.call import Call
from salesforce.sandbox.api.errors import rejection
from salesforce.sandbox.soql.parser import complaint, parse
from salesforce.sandbox.soql.run import Query

_LEAST, _MOST = 200, 2000  # what a caller may ask for as a batch


def query(call: Call) -> Answer:
    return _answer(call, deleted=False)


def query_all(call: Call) -> Answer:
    """Deleted rows included."""
    return _answer(call, deleted=True)


def _answer(call: Call, *, deleted: bool) -> Answer:
    text = call.request.last("q")
    if not text:
        raise rejection("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
    select = parse(text)
    sobject = call.org.sobject(select.sobject.text)
    if sobject is not None and sobject.name == "CustomField" and "/tooling/" not in call.request.path:
        message = f"sObject type '{sobject.name}' is not supported."
        raise complaint("INVALID_TYPE", text, select.sobject.at, message)
    found = Query(call, select, deleted=deleted)
    if not select.paths:
        return json_answer({"totalSize": found.count(), "done": True, "records": []})
    rows = found.rows()
    if len(rows) <= _batch(call):
        return _part(call, rows, 0, "")
    return _part(call, rows, 0, call.api.locators.keep(rows, call.org.clock.ticks()))


def more(call: Call) -> Answer:
    """GET /query/{id}-{from}."""
    id, _, start = call.names[0].partition("-")
    rows = call.api.locators.find(id, call.org.clock.ticks(), call.switches.locator_hours)
    if rows is None or not start.isdecimal():
        raise rejection("INVALID_QUERY_LOCATOR", f"invalid query locator: {call.names[0]}")
    return _part(call, rows, int(start), id)


def _batch(call: Call) -> int:
    for part in call.request.headers.get("sforce-query-options", "").split(","):
        name, _, value = part.strip().partition("=")
        if name == "batchSize" and value.isdecimal():
            return min(max(int(value), _LEAST), _MOST)
    return call.switches.query_batch


def _part(call: Call, rows: list[dict[str, Any]], start: int, id: str) -> Answer:
    end = start + _batch(call)
    body: dict[str, Any] = {"totalSize": len(rows), "done": end >= len(rows)}
    if end < len(rows):
        body["nextRecordsUrl"] = f"/services/data/v{call.version}.0/query/{id}-{end}"
    return json_answer({**body, "records": rows[start:end]})
