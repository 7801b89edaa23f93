"""One pass over all checks. Each has its own patience: one that hangs delays no other, and is not started twice."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connections
from django.utils import timezone

from config.isolation.actor import acting_as
from config.monitoring.probes import Check, Reading, State

AT_A_TIME = 4  # checks; each holds a connection to the database, and those that hang keep theirs
Answers = "queue.Queue[tuple[str, dict[str, Reading]]]"


@dataclass
class Pass:
    """What one pass found. `failed`: checks that gave no reading, with what was wrong."""

    at: datetime
    readings: dict[str, Reading] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class Looker:
    def __init__(self, checks: Sequence[Check], clock: Callable[[], datetime] = timezone.now) -> None:
        self._checks, self._clock = checks, clock
        self._hanging: dict[str, threading.Thread] = {}

    def look(self) -> Pass:
        began, done = time.monotonic(), Pass(self._clock())
        answers: Answers = queue.Queue()  # type: ignore[valid-type] # named above, for those who read
        waiting = [check for check in self._checks if not self._still_hangs(check, done)]
        running: dict[str, tuple[Check, float]] = {}
        while waiting or running:
            while waiting and len(running) < AT_A_TIME:
                check = waiting.pop(0)
                running[check.name] = (check, time.monotonic() + check.patience_s)
                self._start(check, done.at, answers)
            self._take(answers, running, done)
        done.seconds = time.monotonic() - began
        return done

    def _still_hangs(self, check: Check, done: Pass) -> bool:
        thread = self._hanging.get(check.name)
        if thread is None or not thread.is_alive():
            self._hanging.pop(check.name, None)
            return False
        self._unknown(check, "it has not answered since an earlier pass", done)
        return True

    def _start(self, check: Check, at: datetime, answers: "queue.Queue[tuple[str, object]]") -> None:
        thread = threading.Thread(target=_read, args=(check, at, answers), name=f"check {check.name}", daemon=True)
        self._hanging[check.name] = thread
        thread.start()

    def _take(
        self, answers: "queue.Queue[tuple[str, object]]", running: dict[str, tuple[Check, float]], done: Pass
    ) -> None:
        """One answer, or whose patience is over."""
        until = min(deadline for _, deadline in running.values())
        try:
            name, answer = answers.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            now = time.monotonic()
            for check, deadline in list(running.values()):
                if deadline <= now:
                    del running[check.name]
                    self._unknown(check, f"it did not answer within {check.patience_s:g} s", done)
            return
        if name not in running:  # an answer that nobody waits for any more
            return
        check, _ = running.pop(name)
        if isinstance(answer, Exception):
            self._unknown(check, f"{type(answer).__name__}: {str(answer).splitlines()[0] if str(answer) else ''}", done)
        else:
            assert isinstance(answer, dict)
            self._known(check, answer, done)

    def _known(self, check: Check, answer: dict[str, Reading], done: Pass) -> None:
        for node in check.nodes:
            done.readings[node.name] = answer.get(node.name, Reading(State.UNKNOWN, "The check said nothing about it."))

    def _unknown(self, check: Check, why: str, done: Pass) -> None:
        done.failed[check.name] = why
        for node in check.nodes:
            done.readings[node.name] = Reading(State.UNKNOWN, f"It could not be looked at: {why}")


def _read(check: Check, at: datetime, answers: "queue.Queue[tuple[str, object]]") -> None:
    try:
        with acting_as("monitor"):
            answer: object = dict(check.read(at))
    except Exception as error:
        answer = error
    finally:
        connections.close_all()  # of this thread, which ends
    answers.put((check.name, answer))
