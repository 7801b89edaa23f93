"""How each fault spoils an answer.

Broken connections are raised from the body: any WSGI server then hangs up.
"""

import errno
import threading
from collections.abc import Callable, Iterator, Mapping

from config.sandbox.faults import REFUSALS, Rule
from config.sandbox.http import Answer, Request, html_page

Produce = Callable[[Request], Answer]
Refusal = Callable[[Rule], Answer]
_PIECES = 10
_MISSING = 100


class Spoiler:
    """`closing` ends every wait, so that a held call does not keep the server from stopping.

    `refusals` are the vendor's own words for `unauthorized` and `throttle`.
    """

    def __init__(self, closing: threading.Event, refusals: Mapping[str, Refusal]) -> None:
        self._closing = closing
        self._refusals = {"status": _status, "html": _html, **refusals}

    def __call__(self, rule: Rule, request: Request, produce: Produce) -> Answer:
        if rule.action == "hang":
            self._closing.wait(rule.seconds)
        answer = produce(request) if rule.commits else Answer(200, b"")
        if rule.action in REFUSALS:
            return self._refusals[rule.action](rule)
        if rule.action in {"silence", "drop"} or not rule.commits:
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


class Memory:
    """The last good answer of each path, for faults that give it once more."""

    def __init__(self) -> None:
        self._last: dict[str, Answer] = {}

    def keep(self, path: str, answer: Answer) -> None:
        if 200 <= answer.status < 300:
            self._last[path] = Answer(answer.status, answer.body, dict(answer.headers))

    def last(self, path: str) -> Answer | None:
        last = self._last.get(path)
        return None if last is None else Answer(last.status, last.body, dict(last.headers))


def _broken(part: bytes) -> Iterator[bytes]:
    if part:
        yield part
    raise ConnectionResetError(errno.ECONNRESET, "The sandbox cuts this connection.")


def _status(rule: Rule) -> Answer:
    return Answer(rule.status, rule.body.encode(), {"Content-Type": rule.content_type})


def _html(rule: Rule) -> Answer:
    return html_page(rule.status, "Service Unavailable")
