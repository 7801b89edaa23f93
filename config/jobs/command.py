"""Base of the hub's commands: each acts as the unit it names, and answers a signal by ending in good order."""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from config import telemetry
from config.checks import SETTINGS
from config.correlation import correlated
from config.isolation.actor import acting_as


class UnitCommand(BaseCommand):
    """A command of one unit. Subclasses set `unit` and write `run`; `stop` is set when the process is asked to end."""

    unit: str
    requires_system_checks = (SETTINGS,)  # those of pages and models would load the back office, half of a short run's work

    def handle(self, *args: Any, **options: Any) -> None:
        self.stop = threading.Event()
        name = type(self).__module__.rpartition(".")[2]
        with acting_as(self.unit), correlated(), ended_by_signals(self.stop), telemetry.span(name):
            self.run(**options)

    def run(self, **options: Any) -> None:
        raise NotImplementedError


@contextmanager
def ended_by_signals(stop: threading.Event) -> Iterator[None]:
    """`stop` is set when the process is asked to end while the block runs."""

    def heed(number: int, frame: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:  # Ctrl-C twice: at once
            raise KeyboardInterrupt
        stop.set()

    with ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                stack.callback(signal.signal, number, signal.signal(number, heed))
        yield
