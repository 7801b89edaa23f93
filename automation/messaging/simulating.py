"""A whole simulation of one definition: recorded history, the engine's steps, and the last look, with a virtual clock."""

import threading
from datetime import datetime
from typing import Any

from automation.messaging.rehearsal import Rehearsal
from automation.workflows.definitions import read
from automation.workflows.simulation.past import Past
from automation.workflows.simulation.replay import Replay, unstored
from automation.workflows.simulation.report import Simulated


class BadSpan(ValueError):
    """The message says what is wrong with it."""


def simulate(content: Any, since: datetime, until: datetime, now: datetime, stop: threading.Event | None = None) -> Simulated:
    """Raises BadDefinition, BadSpan, TooMuch. Nothing is written."""
    definition = read(content)
    if not since < until <= now:
        raise BadSpan("A simulation replays what was recorded: --from is before --to, and --to is not ahead of now.")
    report = Simulated(definition.name, since, until)
    past = Past(since, now)
    messages = Rehearsal(definition, past, report, definition.name)
    stopped = stop.is_set if stop is not None else lambda: False
    Replay(unstored(content, definition, now), past, report, messages, stopped).run()
    return report
