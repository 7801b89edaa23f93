"""A test alert that somebody asks for on the Health page.

The back office writes no alert, and nothing of the agent's: it leaves the wish under a key that it owns and everybody may
read. The agent sends a word by every channel and keeps what came of it among its own.
"""

import json
import time
from typing import Any
from uuid import uuid4

from config.monitoring import alerts
from config.monitoring.book import AWAY, client

ASKED, DONE, TAKEN = "switch:monitor-test", "monitor:tested", "monitor:testing"
KEPT_S = 7 * 86_400
WAITED_S = 600  # after which an agent that was not there when it was asked for no longer answers it


def ask(who: str) -> None:
    """As the back office. Raises one of AWAY."""
    wish = {"id": uuid4().hex, "who": who, "at": time.time()}
    client("backoffice").set(ASKED, json.dumps(wish), ex=KEPT_S)


def answer() -> list[str]:
    """As an agent: send what was asked for and no agent has taken yet. A line for each channel; while Redis is away none."""
    try:
        wish = _json(client().get(ASKED))
        if not wish or is_late(wish) or not client().set(f"{TAKEN}:{wish['id']}", "1", nx=True, ex=KEPT_S):
            return []
    except AWAY:
        return []
    results = {name: alerts.send_test(name) for name in alerts.channels()}
    try:
        client().set(DONE, json.dumps({**wish, "results": results, "done_at": time.time()}), ex=KEPT_S)
    except AWAY:
        return []  # it was sent, and the page cannot say so
    return [f"test alert for {wish['who']} by {name}: {'sent' if sent else 'failed'}" for name, sent in results.items()]


def is_late(wish: dict[str, Any]) -> bool:
    """No agent answers it any more."""
    return bool(time.time() - wish["at"] > WAITED_S)


def shown() -> tuple[dict[str, Any], dict[str, Any]]:
    """(what was asked for last, what came of it), for the page. Raises one of AWAY."""
    redis = client("backoffice")
    wish, done = _json(redis.get(ASKED)), _json(redis.get(DONE))
    return wish, done if done.get("id") == wish.get("id") else {}


def _json(text: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text) if isinstance(text, str) else {}
    return found
