"""Scripted faults: rules that spoil the nth call of a path, and a seeded share of all calls.

Actions every vendor's sandbox knows; a vendor adds its own in a subclass of Rule.
    status        answer `status` with `body` and `content_type`
    html          a gateway's error page with `status`
    unauthorized  401
    throttle      429; Retry-After as `retry_after` says (none, seconds, date) with `seconds`
    hang          answer after `seconds`; a client that gave up before is met by a call carried out late
    silence       no byte for `seconds`, then the connection is cut
    drop          the connection is cut at once
    cut           half the body, then the connection is cut
    truncate      half the JSON, as a complete answer
    wrong_length  Content-Length promises 100 bytes that never come
    trickle       the body in ten pieces over `seconds`

`commit` says whether the call is carried out all the same. Left out, the first four are refused and not
carried out, and the others are carried out and only their answer suffers:
    {"action": "silence"}                                  timeout after the commit
    {"action": "silence", "commit": false}                 timeout, and nothing was done
    {"action": "status", "status": 500, "commit": true}    done, then a server error
    {"action": "unauthorized", "commit": true}             refused but done
"""

import re
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, TypeVar

import msgspec

from config.sandbox.chance import hits, salt
from config.sandbox.http import Request

REFUSALS = ("status", "html", "unauthorized", "throttle")
ACTIONS = (*REFUSALS, "hang", "silence", "drop", "cut", "truncate", "wrong_length", "trickle")


@dataclass(frozen=True, slots=True)
class Rule:
    ACTIONS: ClassVar[tuple[str, ...]] = ACTIONS

    action: str
    path: str = ""  # a regular expression, searched for in the path; empty: every path
    method: str = ""  # empty: every method
    after: int = 0  # so many matching calls pass first
    times: int = 1  # then so many are spoilt; 0: all of them
    share: float = 1.0  # of those, the part that is (by hash of `seed` and the call's number)
    seed: int = 1
    commit: bool | None = None  # whether the call is carried out; none: as the action's nature is
    status: int = 500
    body: str = "Internal server error"
    content_type: str = "text/plain"
    seconds: float = 1.0
    retry_after: str = "none"

    def __post_init__(self) -> None:
        if self.action not in self.ACTIONS:
            raise ValueError(f"There is no fault named {self.action}; there are {', '.join(self.ACTIONS)}.")
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"The path {self.path!r} is not a regular expression: {error}.") from None

    def matches(self, request: Request) -> bool:
        return self.method in {"", request.method} and re.search(self.path, request.path) is not None

    def fires(self, call: int) -> bool:
        """`call` counts the matching calls from 1."""
        if call <= self.after or (self.times and call > self.after + self.times):
            return False
        return hits(self.share, salt(self.seed, "faults"), call)

    @property
    def commits(self) -> bool:
        return self.action not in REFUSALS if self.commit is None else self.commit


R = TypeVar("R", bound=Rule)


def rules_from(values: Iterable[dict[str, Any]], kind: type[R]) -> list[R]:
    """Rules as JSON writes them; an unknown name or action is refused."""
    known = {field.name for field in fields(kind)}
    rules = []
    for value in values:
        unknown = sorted(set(value) - known)
        if unknown or "action" not in value:
            raise ValueError(f"A rule needs an action and has no {', '.join(unknown) or 'action'}.")
        rules.append(_rule(value, kind))
    return rules


def _rule(value: dict[str, Any], kind: type[R]) -> R:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as wrong:
        raise ValueError(str(wrong)) from None


class Faults:
    """The rules in force and how often each has been met. The first that fires decides."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._lock = threading.Lock()
        self.set(rules)

    def set(self, rules: Iterable[Rule]) -> None:
        with self._lock:
            self._rules = tuple(rules)
            self._met: Counter[int] = Counter()
            self.fired: Counter[str] = Counter()

    def pick(self, request: Request) -> Rule | None:
        with self._lock:
            for number, rule in enumerate(self._rules):
                if not rule.matches(request):
                    continue
                self._met[number] += 1
                if rule.fires(self._met[number]):
                    self.fired[rule.action] += 1
                    return rule
        return None

    def may(self, action: str) -> bool:
        """Whether any rule in force has this action."""
        return any(rule.action == action for rule in self._rules)

    def report(self) -> dict[str, Any]:
        with self._lock:
            return {"rules": [asdict(rule) for rule in self._rules], "fired": dict(self.fired)}
