"""Reading GoHighLevel's answers: which are final, which deserve another try, and what they say.

Error bodies: {statusCode, message (a text or a list of texts), error, code?, meta?, traceId}.
"""

import json
import re
from typing import Any

import requests

from config.isolation.egress import failures
from config.isolation.egress.failures import TryAgain
from integrations.ghl.errors import Duplicate, Invalid, Missing, NotAuthorized, Refused

_GONE = ("not found", "does not exist", "no longer exists", "deleted")
_UNSTORABLE = re.compile(rb"\\u0000|\\ud[89a-f]", re.IGNORECASE)  # a zero or half an emoji: no column takes them
_DUPLICATE_CARD = "OPPORTUNITY_NO_DUPLICATE"


def worth_keeping(response: requests.Response) -> requests.Response:
    """The response, unless another try may bring a better one: then TryAgain. DayUsedUp is the transport's to see."""
    return failures.worth_keeping(response)


def body_of(response: requests.Response) -> dict[str, Any]:
    """The JSON object in a 2xx answer. Raises TryAgain for a gateway's page or half an object: nobody knows what was done."""
    try:
        body = response.json()
    except ValueError as error:
        raise TryAgain("gateway", "an answer that is not GoHighLevel's") from error
    if not isinstance(body, dict):
        raise TryAgain("gateway", "an answer that is not GoHighLevel's")
    return _cleaned(body) if _UNSTORABLE.search(response.content) else body


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {name: _cleaned(part) for name, part in value.items()}
    return [_cleaned(part) for part in value] if isinstance(value, list) else value


def refusal(response: requests.Response, what: str) -> Refused:
    """The error that stands for a final answer other than 2xx. `what`: the call, such as "POST /contacts/"."""
    status, body = response.status_code, _parsed(response)
    said = words(body)
    told = body.get("meta")
    meta: dict[str, Any] = told if isinstance(told, dict) else {}
    if existing := _existing(body, meta):
        return Duplicate(f"GoHighLevel has one already ({existing}): {said}", existing, str(meta.get("matchingField") or ""))
    if status in (401, 403):
        return NotAuthorized(_not_authorized(status, said), status)
    message = f"GoHighLevel refused {what} (HTTP {status}). It said: {said or 'nothing'}"
    if status in (400, 404, 422) and any(word in said.lower() for word in _GONE):  # a 404 without a word is a gateway's
        return Missing(message, status)
    return Invalid(message, status) if status in (400, 413, 422) else Refused(message, status)


def _existing(body: dict[str, Any], meta: dict[str, Any]) -> str:
    key = "existingId" if body.get("code") == _DUPLICATE_CARD else "contactId"
    return str(meta.get(key) or "") if body.get("statusCode") == 400 else ""


def _not_authorized(status: int, said: str) -> str:
    if status == 403:
        return f"GoHighLevel's token does not belong to this sub-account (403). It said: {said} Check GHL_LOCATION_ID."
    if "scope" in said.lower():
        return (
            f"GoHighLevel's token lacks a scope (401). It said: {said} Give the private integration the scopes that README "
            "lists."
        )
    return f"GoHighLevel does not accept the token (401). It said: {said} Check GHL_API_TOKEN, or connect again."


def lacks_scope(response: requests.Response) -> bool:
    """Whether the token is good and only may not do this: another one could do no more."""
    return "scope" in words(_parsed(response)).lower()


def words(body: dict[str, Any]) -> str:
    """The vendor's own words; '' where there are none."""
    message = body.get("message") or body.get("error") or ""
    return "; ".join(map(str, message)) if isinstance(message, list) else str(message)


def _parsed(response: requests.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
