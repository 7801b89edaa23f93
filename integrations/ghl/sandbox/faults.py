"""The faults of config/sandbox/faults.py in this vendor's words, and two that only writes can have.

repeat   the last good answer of this path once more; the call itself is not carried out (with commit, it is)
twice    a proxy in between repeats the call: it is carried out twice, and the second answer is given

`throttle` comes with the rate headers: `retry_after` also takes `daily` (the day's budget is used up: the only
sign is X-RateLimit-Daily-Remaining: 0) and `bare` (429 without any header).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from config.sandbox import faults
from config.sandbox.http import Answer
from integrations.ghl.sandbox.api.errors import throttled, unauthorized

ACTIONS = (*faults.ACTIONS, "repeat", "twice")


@dataclass(frozen=True, slots=True)
class Rule(faults.Rule):
    ACTIONS: ClassVar[tuple[str, ...]] = ACTIONS


def rules_from(values: Iterable[dict[str, Any]]) -> list[Rule]:
    return faults.rules_from(values, Rule)


def _unauthorized(rule: faults.Rule) -> Answer:
    return unauthorized().answer()


def _throttle(rule: faults.Rule) -> Answer:
    headers = {
        "X-RateLimit-Limit-Daily": "200000",
        "X-RateLimit-Daily-Remaining": "0" if rule.retry_after == "daily" else "150000",
        "X-RateLimit-Interval-Milliseconds": "10000",
        "X-RateLimit-Max": "100",
        "X-RateLimit-Remaining": "0",
    }
    if rule.retry_after == "seconds":
        headers["Retry-After"] = str(max(1, round(rule.seconds)))
    return throttled(**({} if rule.retry_after == "bare" else headers)).answer()


REFUSALS: dict[str, Callable[[faults.Rule], Answer]] = {"unauthorized": _unauthorized, "throttle": _throttle}
