"""What becomes of a message stands among the decisions of the run that wanted it; in the log, with what led to it."""

from datetime import datetime
from typing import Any

from automation.messaging.models import Message
from automation.workflows import tracing
from automation.workflows.models import Event, Run
from config import correlation


def about(message: Message) -> None:
    """What this thread does from here on follows from the sync that brought the change that led to the message."""
    events = Event.objects.filter(runs__messages=message.pk)
    correlation.because_of(events.values_list("correlation_id", flat=True))


def tell(message: Message, now: datetime, what: str, why: str, data: dict[str, Any] | None = None) -> None:
    """In the transaction that decides it. Messages that no workflow wanted have no run to tell it to."""
    run = Run.objects.filter(messages=message).first()
    if run is not None:
        step = "" if message.effect is None else message.effect.step
        tracing.of_run(run, now, what, f"{message.template}: {why}", step, {"message": message.pk, **(data or {})}).save()
