"""Refusals in the vendor's shapes (contract section 9)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from config.sandbox.http import Answer, json_answer

# Statuses of problems that a single call meets; any other is 400.
_STATUSES = {
    "INVALID_SESSION_ID": 401,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "API_DISABLED_FOR_ORG": 403,
    "INSUFFICIENT_ACCESS_OR_READONLY": 403,
    "INSUFFICIENT_ACCESS": 403,
    "STORAGE_LIMIT_EXCEEDED": 403,
    "NOT_FOUND": 404,
    "ENTITY_IS_DELETED": 404,
    "INVALID_CROSS_REFERENCE_KEY": 404,
    "METHOD_NOT_ALLOWED": 405,
    "UNSUPPORTED_MEDIA_TYPE": 415,
}


class Problem(NamedTuple):
    """`fields`: none where the vendor leaves the property out; `more`: what only this code comes with."""

    code: str
    message: str
    fields: tuple[str, ...] | None = None
    more: Mapping[str, Any] = {}

    def whole(self) -> dict[str, Any]:
        """As the answer to a call."""
        named = {} if self.fields is None else {"fields": list(self.fields)}
        return {"message": self.message, "errorCode": self.code, **named, **self.more}

    def row(self) -> dict[str, Any]:
        """As the fate of one row."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields or ()), **self.more}


class Refusal(Exception):
    """One row, or a call about one row, is refused."""

    def __init__(self, *problems: Problem, status: int | None = None) -> None:
        super().__init__(problems[0].message)
        self.problems = problems
        self.status = status or _STATUSES.get(problems[0].code, 400)

    def answer(self, shape: str = "array") -> Answer:
        bodies = [problem.whole() for problem in self.problems]
        return json_answer(bodies if shape == "array" else bodies[0], self.status)


class Rejection(Refusal):
    """The whole call is refused, also where it is about several rows."""


def refusal(code: str, message: str, *fields: str, status: int | None = None) -> Refusal:
    return Refusal(Problem(code, message, fields), status=status)


def rejection(code: str, message: str, status: int | None = None) -> Rejection:
    return Rejection(Problem(code, message), status=status)


def not_found() -> Rejection:
    return rejection("NOT_FOUND", "The requested resource does not exist")


def no_such_key(what: str) -> Rejection:
    return rejection("NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {what}")


def dead_session() -> Rejection:
    return rejection("INVALID_SESSION_ID", "Session expired or invalid")


def limit_exceeded(kind: str = "TotalRequests", status: int | None = None) -> Rejection:
    return rejection("REQUEST_LIMIT_EXCEEDED", f"{kind} Limit exceeded.", status)


def malformed(message: str) -> Rejection:
    return rejection("JSON_PARSER_ERROR", message)
