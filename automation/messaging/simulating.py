"""A whole simulation of one definition: recorded history, the engine's steps, and the last look, with a virtual clock."""

import logging
import threading
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from automation.messaging.rehearsal import Rehearsal
from automation.workflows.definitions import BadDefinition, read
from automation.workflows.models import Simulation, Version
from automation.workflows.simulation.past import Past, TooMuch
from automation.workflows.simulation.replay import Replay, unstored
from automation.workflows.simulation.report import Simulated

log = logging.getLogger(__name__)


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


def store(version_id: int, days: int, who: str, now: datetime) -> Simulation:
    """The last days through a stored version; whatever goes wrong stands in the row."""
    version = Version.objects.get(pk=version_id)
    row = Simulation.objects.create(version=version, since=now - timedelta(days=days), until=now, asked_at=now, asked_by=who)
    try:
        row.report, row.state = simulate(version.content, row.since, row.until, now).as_dict(), Simulation.State.DONE
    except (BadDefinition, BadSpan, TooMuch) as bad:
        row.error, row.state = str(bad), Simulation.State.FAILED
    except Exception as error:
        log.exception("Simulation %s failed.", row.pk)
        row.error, row.state = f"{type(error).__name__}: {error}", Simulation.State.FAILED
    row.ended_at = timezone.now()
    row.save()
    return row
