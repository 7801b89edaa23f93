"""Showing a sync to people: a bar a feed on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from servicetitan.sync.ledger import Tally
from servicetitan.sync.progress import Progress

LINE_EVERY_S = 10
COUNTED = ("inserted", "updated", "deactivated", "deleted", "suspected", "rejected")
STYLES = {"succeeded": "green", "partial": "yellow", "running": "cyan"}


@contextmanager
def watching(out: OutputWrapper, *, quiet: bool) -> Iterator[Progress]:
    """The fitting way to show a sync: on `out`, or, where that is for a machine to read (`quiet`), on the error output."""
    if (sys.stderr if quiet else out).isatty():
        with Bars(Console(stderr=quiet)) as bars:
            yield bars
    elif quiet:
        yield Progress()
    else:
        yield Lines(out)


def summary(tally: Tally) -> str:
    numbers = {name: getattr(tally, name) for name in COUNTED}
    return ", ".join([f"{tally.fetched:,} read", *(f"{number:,} {name}" for name, number in numbers.items() if number)])


class Lines(Progress):
    """A line when a feed begins, every LINE_EVERY_S while it runs, and when it ends."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}

    def page(self, entity: str, tally: Any) -> None:
        now = time.monotonic()
        if now - self._told.setdefault(entity, now) >= LINE_EVERY_S:
            self._told[entity] = now
            self._line(f"{entity}: {summary(tally)} so far")

    def wait(self, entity: str, seconds: float, why: str) -> None:
        if seconds >= 1:
            self._line(f"{entity}: waiting {seconds:.0f} s ({why})")

    def end(self, entity: str, state: str, tally: Any, error: str) -> None:
        self._line(f"{entity}: {state}, {summary(tally)}{'. ' + error if error else ''}")

    def _line(self, text: str) -> None:
        with self._lock:
            self._out.write(text)


class Bars(Progress):
    """A live table on the terminal."""

    def __init__(self, console: Console) -> None:
        self._bars = RichProgress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.fields[entity]:<15}"),
            BarColumn(bar_width=24),
            TextColumn("[{task.fields[style]}]{task.fields[state]:<10}"),
            TextColumn("{task.fields[summary]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> "Bars":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def begin(self, entity: str, mode: str) -> None:
        self._tasks[entity] = self._bars.add_task("", total=None, entity=entity, state=mode, summary="", style="cyan")

    def page(self, entity: str, tally: Any) -> None:
        self._bars.update(self._tasks[entity], completed=tally.fetched, summary=summary(tally), state="running")

    def wait(self, entity: str, seconds: float, why: str) -> None:
        if seconds >= 1:
            self._bars.update(self._tasks[entity], state=f"wait {seconds:.0f} s", summary=why)

    def end(self, entity: str, state: str, tally: Any, error: str) -> None:
        total = max(tally.fetched, 1)
        said = f"{summary(tally)}. {error}" if error else summary(tally)
        self._bars.update(
            self._tasks[entity], total=total, completed=total, state=str(state), summary=said, style=STYLES.get(state, "red")
        )
