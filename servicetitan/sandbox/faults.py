"""The faults of config/sandbox/faults.py, and two that only an export can have.

repeat_page   the last answer of this path once more, token included
skip_page     an export answers with the page after the one asked for; that one comes with the next call
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from config.sandbox import faults
from config.sandbox.faults import Faults
from config.sandbox.http import Answer
from servicetitan.sandbox.api.errors import GatewayError

__all__ = ["ACTIONS", "REFUSALS", "Faults", "Rule", "rules_from"]
ACTIONS = (*faults.ACTIONS, "repeat_page", "skip_page")


@dataclass(frozen=True, slots=True)
class Rule(faults.Rule):
    ACTIONS: ClassVar[tuple[str, ...]] = ACTIONS


def rules_from(values: Iterable[dict[str, Any]]) -> list[Rule]:
    return faults.rules_from(values, Rule)


def _unauthorized(rule: faults.Rule) -> Answer:
    return GatewayError(401, "Unauthorized").answer("api")


def _throttle(rule: faults.Rule) -> Answer:
    seconds = max(1, round(rule.seconds))
    title = f"Rate limit is exceeded. Try again in {seconds} seconds."
    return GatewayError(429, title, retry_seconds=seconds).answer("api", rule.retry_after)


REFUSALS: dict[str, Callable[[faults.Rule], Answer]] = {"unauthorized": _unauthorized, "throttle": _throttle}
