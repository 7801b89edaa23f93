"""Errors as problem documents (RFC 9457), and in the API's document as such."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import redis
from django.http import Http404, HttpRequest, HttpResponse
from kombu.exceptions import OperationalError as QueueAway
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from pydantic import Field

from config.isolation.switches import SwitchedOff
from salesforce.api.access import Forbidden
from salesforce.errors import Missing, NotAuthorized, QuotaUsed, Refused, SalesforceError
from salesforce.push.orders import NotRunning

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "Not understood", 401: "Who are you?", 403: "Not allowed", 404: "Not found", 405: "Not that way",
    409: "Not possible now", 422: "Not valid", 429: "Too many calls", 500: "Our mistake", 502: "Salesforce refused",
    503: "Not reachable now",
}  # fmt: skip


class Problem(Schema):
    """What went wrong. `detail` is a sentence that says what to do; `errors` which parts of the request are meant.

    Without a `type`, which by the standard means that the status says what kind of problem it is.
    """

    title: str
    status: int
    detail: str
    instance: str = ""
    errors: list[dict[str, Any]] = Field(default_factory=list)


class Conflict(Exception):
    """It cannot be done just now. The message says why."""


def problem(request: HttpRequest, status: int, detail: str, errors: list[dict[str, Any]] | None = None) -> HttpResponse:
    found = Problem(title=_TITLES[status], status=status, detail=detail, instance=request.path, errors=errors or [])
    return HttpResponse(found.model_dump_json(), content_type=MEDIA_TYPE, status=status)


def responses(*statuses: int) -> dict[int, type[Problem] | None]:
    """For the document: what every operation may answer, and what this one may besides. An address that is too long is the
    server's to refuse, before anything of ours sees it."""
    return {**dict.fromkeys((400, 401, 403, 422, 429, 500, 503, *statuses), Problem), 414: None}


def install(api: NinjaAPI) -> None:
    for kind, handler in _HANDLERS.items():
        api.add_exception_handler(kind, handler)
    for kind, status in _STATUSES.items():
        api.add_exception_handler(kind, partial(_said, status=status))


def _said(request: HttpRequest, error: Any, status: int) -> HttpResponse:
    return problem(request, status, str(error) or "There is nothing here.")


def _http(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(request, error.status_code, error.message)


def _away(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(request, 503, "Redis does not answer: try again soon.")


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    errors = [{"where": list(map(str, one["loc"])), "what": one["msg"]} for one in error.errors]
    where = ", ".join(".".join(one["where"][1:]) or one["where"][0] for one in errors)
    return problem(request, 422, f"Not valid: {where}.", errors)


def _unknown(request: HttpRequest, error: Any) -> HttpResponse:
    answer = problem(request, 401, "Log in to the admin, or send a key that was made there: Authorization: Bearer hub_...")
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _throttled(request: HttpRequest, error: Any) -> HttpResponse:
    wait = max(1, round(error.wait or 1))
    answer = problem(request, 429, f"Too many calls: try again in {wait} s.")
    answer["Retry-After"] = str(wait)
    return answer


def _ours(request: HttpRequest, error: Any) -> HttpResponse:
    log.error("An operation of the API failed.", exc_info=error)
    return problem(request, 500, "Something went wrong here; it stands in the log of the server.")


# The most special class of an error decides.
_HANDLERS: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    ValidationError: _invalid, HttpError: _http, AuthenticationError: _unknown, Throttled: _throttled, Exception: _ours,
    redis.RedisError: _away, QueueAway: _away,
}  # fmt: skip
_STATUSES: dict[type[Exception], int] = {
    Http404: 404, Forbidden: 403, SalesforceError: 503, Refused: 502, NotAuthorized: 409, Missing: 404, Conflict: 409,
    NotRunning: 409, SwitchedOff: 409, QuotaUsed: 409,
}  # fmt: skip


def as_documented(document: dict[str, Any]) -> dict[str, Any]:
    """With the errors' own media type."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                content = answer.get("content", {})
                if "Problem" in str(content.get("application/json", {}).get("schema", {}).get("$ref", "")):
                    answer["content"] = {MEDIA_TYPE: content["application/json"]}
    return document
