"""How each fault spoils an answer.

Broken connections are raised from the body: any WSGI server then hangs up.
"""

import errno
import threading
from collections.abc import Callable, Iterator

from servicetitan.sandbox.api.errors import GatewayError
from servicetitan.sandbox.api.http import Answer, Request
from servicetitan.sandbox.faults import Rule

Produce = Callable[[Request], Answer]
_PIECES = 10
_MISSING = 100


class Spoiler:
    """`closing` ends every wait, so that a held call does not keep the server from stopping."""

    def __init__(self, closing: threading.Event) -> None:
        self._closing = closing
        self._last: dict[str, Answer] = {}

    def remember(self, path: str, answer: Answer) -> None:
        """For repeat_page; one answer a path."""
        if answer.status == 200:
            self._last[path] = answer

    def __call__(self, rule: Rule, request: Request, produce: Produce) -> Answer:
        if rule.action in _REFUSALS:
            return _REFUSALS[rule.action](rule)
        if rule.action == "repeat_page" and request.path in self._last:
            last = self._last[request.path]
            return Answer(last.status, last.body, dict(last.headers))
        if rule.action == "hang":
            self._closing.wait(rule.seconds)
        answer = produce(request)
        if rule.action in {"silence", "drop"}:
            answer.chunks = self._silence(rule.seconds if rule.action == "silence" else 0)
        return self._damaged(rule, answer)

    def _damaged(self, rule: Rule, answer: Answer) -> Answer:
        body = answer.body
        if rule.action == "truncate":
            answer.body = body[: len(body) // 2]
        if rule.action in {"cut", "wrong_length", "trickle"}:
            missing = _MISSING if rule.action == "wrong_length" else 0
            answer.headers["Content-Length"] = str(len(body) + missing)
        if rule.action == "cut":
            answer.chunks = _broken(body[: max(1, len(body) // 2)])
        if rule.action == "wrong_length":
            answer.chunks = _broken(body)
        if rule.action == "trickle":
            answer.chunks = self._trickle(body, rule.seconds)
        return answer

    def _silence(self, seconds: float) -> Iterator[bytes]:
        self._closing.wait(seconds)
        yield from _broken(b"")

    def _trickle(self, body: bytes, seconds: float) -> Iterator[bytes]:
        size = len(body) // _PIECES + 1
        for start in range(0, len(body), size):
            yield body[start : start + size]
            self._closing.wait(seconds / _PIECES)


def _broken(part: bytes) -> Iterator[bytes]:
    if part:
        yield part
    raise ConnectionResetError(errno.ECONNRESET, "The sandbox cuts this connection.")


def _status(rule: Rule) -> Answer:
    return Answer(rule.status, rule.body.encode(), {"Content-Type": rule.content_type})


def _html(rule: Rule) -> Answer:
    return GatewayError(rule.status, "Service Unavailable").answer("html")


def _unauthorized(rule: Rule) -> Answer:
    return GatewayError(401, "Unauthorized").answer("api")


def _throttle(rule: Rule) -> Answer:
    seconds = max(1, round(rule.seconds))
    title = f"Rate limit is exceeded. Try again in {seconds} seconds."
    return GatewayError(429, title, retry_seconds=seconds).answer("api", rule.retry_after)


_REFUSALS: dict[str, Callable[[Rule], Answer]] = {
    "status": _status,
    "html": _html,
    "unauthorized": _unauthorized,
    "throttle": _throttle,
}
