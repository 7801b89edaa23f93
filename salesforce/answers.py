"""Reading Salesforce's answers: which are final, which deserve another try, and what they say.

Error bodies are arrays of {message, errorCode, fields?}; a bare object and Bulk's {exceptionCode, exceptionMessage} occur.
Source: REST API Developer Guide, "Status Codes and Error Responses"; Bulk API 2.0 Guide, "Errors".
"""

import re
from dataclasses import dataclass
from random import uniform
from typing import Any

import requests

from config.isolation.egress import failures
from config.isolation.egress.failures import TryAgain
from salesforce.errors import Missing, NotAuthorized, QuotaUsed, Refused, SetupWrong

LIMIT = "REQUEST_LIMIT_EXCEEDED"
_SESSION = ("INVALID_SESSION_ID", "InvalidSessionId")
_NOT_FOR_REST = "not valid for use with the REST API"
_SETUP = {
    "API_DISABLED_FOR_ORG": "The org's edition or the user's profile has no API access.",
    "GONE": "Set SALESFORCE_API_VERSION to a newer one.",
    "UNSUPPORTED_API_VERSION": "Set SALESFORCE_API_VERSION to a newer one.",
    "INVALID_TYPE": "The user may not see the object, or there is none of that name.",
    "STORAGE_LIMIT_EXCEEDED": "The org's data storage is full.",
}
_LONGEST_LOCK_S = 2.0


@dataclass(frozen=True)
class Told:
    """The first problem of an answer. All parts may be empty."""

    code: str = ""
    message: str = ""

    @property
    def dead_session(self) -> bool:
        """Another token may help."""
        return self.code in _SESSION and _NOT_FOR_REST not in self.message


def told(response: requests.Response) -> Told:
    try:
        body = response.json()
    except ValueError:
        return Told()
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict):
        return Told()
    code = first.get("errorCode") or first.get("exceptionCode") or first.get("error") or ""
    return Told(str(code), str(first.get("message") or first.get("exceptionMessage") or first.get("error_description") or ""))


def worth_keeping(response: requests.Response) -> requests.Response:
    """The response, unless another try may bring a better one: then TryAgain. Raises QuotaUsed where the day's calls are."""
    if response.status_code == 403 and (said := told(response)).code == LIMIT:
        if "concurrent" in said.message.lower():
            raise TryAgain("limit", "too many long calls at once", None, unknown=False)
        raise QuotaUsed("Salesforce says that the org's calls of the last 24 hours are used up. A later run goes on from here.")
    if response.status_code == 400 and told(response).code == "UNABLE_TO_LOCK_ROW":
        raise TryAgain("limit", "a row is locked", uniform(0.2, _LONGEST_LOCK_S), unknown=False)  # noqa: S311 - jitter
    return failures.worth_keeping(response)


def refusal(response: requests.Response, what: str) -> Refused:
    """The error that stands for a final answer other than 2xx. `what`: the call, such as "GET /limits"."""
    status, said = response.status_code, told(response)
    words = f"{said.code}: {said.message}" if said.code else said.message or "nothing"
    if status == 401 or said.code in _SESSION:
        return NotAuthorized(_not_authorized(said), status, said.code)
    message = f"Salesforce refused {what} (HTTP {status}). It said: {words}"
    if said.code in _SETUP or status == 410:
        return SetupWrong(f"{message} {_SETUP.get(said.code, _SETUP['GONE'])}", status, said.code)
    if said.code == "INVALID_FIELD" or (said.code == "NOT_FOUND" and "external id" in said.message.lower()):
        return SetupWrong(f"{message} Run manage.py salesforce_check: it says what to click.", status, said.code)
    return Missing(message, status, said.code) if status == 404 else Refused(message, status, said.code)


def _not_authorized(said: Told) -> str:
    if _NOT_FOR_REST in said.message:
        return f"The connection may not use the REST API. Give the app the scope 'api' and connect again. It said: {said.message}"
    return f"Salesforce does not accept the session. It said: {said.message or said.code or 'nothing'}"


def usage_of(response: requests.Response) -> tuple[int, int] | None:
    """(used, most) of the org's calls in 24 hours, of the header Sforce-Limit-Info; None without a readable one."""
    found = re.search(r"(?<![\w-])api-usage=(\d+)/(\d+)", response.headers.get("Sforce-Limit-Info", ""))
    return (int(found[1]), int(found[2])) if found else None


def cleaned(value: Any) -> Any:
    """Without what no column takes: a zero, or half an emoji."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {name: cleaned(part) for name, part in value.items()}
    return [cleaned(part) for part in value] if isinstance(value, list) else value
