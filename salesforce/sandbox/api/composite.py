"""Several calls in one (contract section 5)."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec

from config.sandbox.http import Answer, Request, json_answer
from salesforce.sandbox.api.call import Call
from salesforce.sandbox.api.errors import malformed, rejection

MOST, MOST_COSTLY = 25, 5  # parts; of those, collections and queries
_COSTLY = re.compile(r"/(query|queryAll|composite/sobjects)\b")
_REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_TOLD = ("Location", "ETag", "Last-Modified")  # headers that a part's answer repeats
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."
Part = Mapping[str, Any]


def composite(call: Call) -> Answer:
    body = call.object()
    parts = body.get("compositeRequest")
    if not isinstance(parts, list) or not all(isinstance(part, dict) and _names(part) for part in parts):
        raise malformed("compositeRequest needs parts with method, url and referenceId at [line:1, column:1]")
    if len(parts) > MOST or sum(bool(_COSTLY.search(part["url"])) for part in parts) > MOST_COSTLY:
        message = f"At most {MOST} parts, {MOST_COSTLY} of them collections or queries, fit into one call."
        raise rejection("LIMIT_EXCEEDED", message)
    return json_answer({"compositeResponse": _together(call, parts) if body.get("allOrNone") is True else _each(call, parts)})


def _names(part: Part) -> bool:
    return all(isinstance(part.get(name), str) for name in ("method", "url", "referenceId"))


def _each(call: Call, parts: list[Part]) -> list[dict[str, Any]]:
    answers: dict[str, Any] = {}
    results = []
    for part in parts:
        result = _one(call, part, answers)
        answers[part["referenceId"]] = result["body"]
        results.append(result)
    return results


def _together(call: Call, parts: list[Part]) -> list[dict[str, Any]]:
    mark = call.org.journal.mark()
    results = _each(call, parts)
    failed = next((place for place, result in enumerate(results) if result["httpStatusCode"] >= 400), None)
    if failed is None:
        return results
    call.org.back_to(mark)
    halted = {"body": [{"errorCode": "PROCESSING_HALTED", "message": _HALTED}], "httpHeaders": {}, "httpStatusCode": 400}
    return [
        result if place == failed else {**halted, "referenceId": result["referenceId"]} for place, result in enumerate(results)
    ]


def _one(call: Call, part: Part, answers: Mapping[str, Any]) -> dict[str, Any]:
    try:
        url, content = _filled(part["url"], answers), _filled(part.get("body"), answers)
    except LookupError as missing:
        answer = json_answer([{"errorCode": "PROCESSING_HALTED", "message": f"Invalid reference specified. {missing}"}], 400)
    else:
        answer = call.inner(_request(call, part, url, content))
    return {
        "body": msgspec.json.decode(answer.body) if answer.body else None,
        "httpHeaders": {name: answer.headers[name] for name in _TOLD if name in answer.headers},
        "httpStatusCode": answer.status,
        "referenceId": part["referenceId"],
    }


def _request(call: Call, part: Part, url: str, content: Any) -> Request:
    path, _, query = url.partition("?")
    headers = {"host": call.request.headers.get("host", ""), "content-type": "application/json"}
    headers |= {str(name).lower(): str(value) for name, value in (part.get("httpHeaders") or {}).items()}
    body = b"" if content is None else msgspec.json.encode(content)
    return Request(part["method"], unquote(path), parse_qs(query, keep_blank_values=True), headers, body)


def _filled(value: Any, answers: Mapping[str, Any]) -> Any:
    """With `@{referenceId.path}` replaced by what the earlier part answered (A)."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: str(_found(answers, found)), value)
    if isinstance(value, list):
        return [_filled(entry, answers) for entry in value]
    if isinstance(value, dict):
        return {name: _filled(entry, answers) for name, entry in value.items()}
    return value


def _found(answers: Mapping[str, Any], reference: "re.Match[str]") -> Any:
    try:
        value = answers[reference[1]]
        for name, place in _STEP.findall(reference[2]):
            value = value[name] if name else value[int(place)]
    except (LookupError, TypeError):
        raise LookupError(f"No value for {reference[0]}.") from None
    return value
