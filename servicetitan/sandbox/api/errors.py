"""Refusals, in the vendor's shapes (contract sections 1 and 4).

ApiError        the service itself says no: always an ApiErrorResponse
GatewayError    the gateway in front of it says no: the body's shape is a switch
"""

from email.utils import formatdate
from itertools import count
from time import time

from config.sandbox.http import Answer, html_page, json_answer

_traces = count(1)
NO_ROUTE = "Unable to match incoming request to an operation."


class ApiError(Exception):
    def __init__(self, status: int, title: str, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.errors = errors or {}

    def answer(self) -> Answer:
        return problem(self.status, self.title, self.errors)


class GatewayError(Exception):
    def __init__(self, status: int, title: str, *, retry_seconds: int | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.retry_seconds = retry_seconds

    def answer(self, shape: str, retry_after: str = "none") -> Answer:
        answer = self._body(shape)
        if self.retry_seconds is not None and retry_after == "seconds":
            answer.headers["Retry-After"] = str(self.retry_seconds)
        if self.retry_seconds is not None and retry_after == "date":
            answer.headers["Retry-After"] = formatdate(time() + self.retry_seconds, usegmt=True)
        return answer

    def _body(self, shape: str) -> Answer:
        if shape == "html":
            return html_page(self.status, self.title)
        if shape == "text":
            return Answer(self.status, self.title.encode(), {"Content-Type": "text/plain"})
        if shape == "empty":
            return Answer(self.status, b"")
        if shape == "short" or self.title == NO_ROUTE:
            return json_answer({"statusCode": self.status, "message": self.title}, self.status)
        return problem(self.status, self.title, {})


def problem(status: int, title: str, errors: dict[str, list[str]]) -> Answer:
    """ApiErrorResponse: all six properties."""
    body = {
        "type": f"https://httpstatuses.io/{status}",
        "title": title,
        "status": status,
        "traceId": f"00-{next(_traces):032x}-01",
        "errors": errors,
        "data": {},
    }
    return json_answer(body, status)


def bad_parameter(name: str, value: str, what: str | None = None) -> ApiError:
    """The wording seen on a live tenant for a bad sort (contract section 2.1)."""
    message = f"The value '{value}' is not valid for {what or name[:1].upper() + name[1:]}."
    return ApiError(400, "One or more validation errors occurred.", {name: [message]})


def not_found(what: str, number: int, status: int = 404) -> ApiError:
    return ApiError(status, f"{what} with id {number} was not found.")
