"""Everything that is due, once: wishes, what nobody heard the end of, and what may leave."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.db import connections
from django.utils import timezone

from automation.messaging import addresses, answering, dnd
from automation.messaging.delivery import epochs, wishes
from automation.messaging.delivery.claiming import claim
from automation.messaging.delivery.decisions import Dropped, Held, Ready
from automation.messaging.delivery.sending import send
from automation.messaging.delivery.settling import settle
from automation.workflows.events import ALIAS
from config.isolation import switches
from config.isolation.switches import SwitchedOff


class NotSending(Exception):
    """Nothing leaves just now. The message says why, and until when if that is known."""


@dataclass
class Report:
    """`why`: nothing leaves, in a sentence."""

    wishes: int = 0
    answers: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {"wishes": self.wishes, "answers": self.answers, **self.counts, "why": self.why}


def once(
    clock: Callable[[], datetime] = timezone.now, stop: threading.Event | None = None, limit_s: float | None = None
) -> Report:
    """Until nothing is due, `stop` is set or the time is over. What may not leave waits; who wrote is heard all the same."""
    report, deadline = Report(), None if limit_s is None else time.monotonic() + limit_s
    ended = _Ending(stop, deadline)
    report.answers = answering.answer(clock())
    addresses.catch_up(clock())
    dnd.compare(clock())
    while not ended() and (taken := wishes.take(clock())):
        report.wishes += taken
    try:
        epoch = epochs.current()
        may_leave(epoch)
        _all(report, epoch, clock, ended)
    except NotSending as error:
        report.why = str(error)
    return report


def may_leave(epoch: int) -> None:
    """Asked before each message. Raises NotSending."""
    try:
        stand = switches.standing("messaging")
        if stand.mode != switches.Mode.RUN:
            raise NotSending(f"No message leaves: {stand.sentence()}")
        epochs.check(epoch)
    except (SwitchedOff, epochs.Restored) as error:
        raise NotSending(str(error)) from error
    except redis.RedisError as error:
        raise NotSending(f"Redis does not answer ({type(error).__name__}): no message leaves until it does.") from error


@dataclass(frozen=True)
class _Ending:
    stop: threading.Event | None
    deadline: float | None

    def __call__(self) -> bool:
        asked = self.stop is not None and self.stop.is_set()
        return asked or (self.deadline is not None and time.monotonic() > self.deadline)


def _all(report: Report, epoch: int, clock: Callable[[], datetime], ended: Callable[[], bool]) -> None:
    """By several threads: a call takes most of its time at the provider's."""
    lock, errors = threading.Lock(), list[BaseException]()

    def work() -> None:
        try:
            while not ended() and not errors and (what := _one(epoch, clock)):
                with lock:
                    report.counts[what] += 1
        except BaseException as error:
            errors.append(error)
        finally:
            connections[ALIAS].close()

    threads = [threading.Thread(target=copy_context().run, args=(work,)) for _ in range(settings.MESSAGING_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def _one(epoch: int, clock: Callable[[], datetime]) -> str:
    """What was done, in a word; nothing where nothing is due."""
    may_leave(epoch)
    if settle(clock):
        return "settled"
    claimed = claim(clock(), epoch)
    if claimed is None:
        return ""
    if isinstance(claimed.decision, Ready):
        send(claimed.message, lambda: may_leave(epoch), clock)
        return "sent"
    return {Held: "held", Dropped: "dropped"}[type(claimed.decision)]
