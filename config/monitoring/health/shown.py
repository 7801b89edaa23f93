"""What the agent left in Redis, as the pages read it."""

import json
from dataclasses import dataclass, field
from typing import Any

from config.monitoring.book import AWAY, client

PAST_SHOWN = 50


@dataclass(frozen=True)
class Shown:
    """`now`: the last pass; {} where the agent is silent. `problem`: why nothing can be shown."""

    now: dict[str, Any] = field(default_factory=dict)
    past: list[dict[str, Any]] = field(default_factory=list)
    pause: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


def read() -> Shown:
    try:
        redis = client("backoffice")
        now, pause = redis.get("monitor:now"), redis.get("monitor:pause")
        past: Any = redis.lrange("monitor:past", 0, PAST_SHOWN - 1)
    except AWAY:
        return Shown(problem="Redis, where the agent keeps what it saw, does not answer.")
    found = Shown(_json(now), [json.loads(one) for one in past], _json(pause))
    if not found.now:
        return Shown(past=found.past, problem="The agent is silent: start it with manage.py st_monitoring_agent.")
    return found


def _json(text: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text) if isinstance(text, str) else {}
    return found
