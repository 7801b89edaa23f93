"""Refusals in the vendor's shapes (contract section 10)."""

from http import HTTPStatus
from itertools import count
from typing import Any

from config.sandbox.chance import mix, salt
from config.sandbox.http import Answer, json_answer

_traces = count(1)
_SALT = salt(1, "trace")


class Refusal(Exception):
    """`message` is a list for 422 and a string for everything else."""

    def __init__(self, status: int, message: str | list[str], *, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.more = more
        self.headers = headers or {}

    def answer(self) -> Answer:
        body = {"statusCode": self.status, "message": self.message, "error": _phrase(self.status)} | self.more
        answer = traced(body, self.status)
        answer.headers |= self.headers
        return answer


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status != 422 else "Unprocessable Entity"


def traced(body: dict[str, Any], status: int = 200) -> Answer:
    """Every answer carries a traceId."""
    number = f"{mix(_SALT ^ next(_traces)):016x}"
    return json_answer({**body, "traceId": f"{number[:8]}-{number[8:12]}-4{number[13:]}-8000-000000000000"}, status)


def unprocessable(*messages: str) -> Refusal:
    return Refusal(422, list(messages))


def unauthorized() -> Refusal:
    return Refusal(401, "Invalid token: access token is invalid")


def wrong_location() -> Refusal:
    return Refusal(403, "The token does not have access to this location.")


def throttled(**headers: str) -> Refusal:
    return Refusal(429, "Too Many Requests", headers=headers)
