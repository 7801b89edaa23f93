"""Showing a long run to people: a bar a kind on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from config.jobs.progress import Progress

LINE_EVERY_S = 10


@contextmanager
def watching(out: OutputWrapper, *, quiet: bool) -> Iterator[Progress]:
    """The fitting way to show a run: on `out`, or, where that is for a machine to read (`quiet`), on the error output."""
    if (sys.stderr if quiet else out).isatty():
        with Bars(Console(stderr=quiet)) as bars:
            yield bars
    elif quiet:
        yield Progress()
    else:
        yield Lines(out)


def duration(seconds: float) -> str:
    """ "less than a minute", "12 min", "3 h 20 min"."""
    if seconds < 60:
        return "less than a minute"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _forecast(seconds: float | None) -> str:
    return "" if seconds is None else f", at the vendor's pace about {duration(seconds)}"


class Lines(Progress):
    """A line when a kind begins, every LINE_EVERY_S while it runs, and when it ends."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._kinds: dict[str, tuple[int, float]] = {}
        self._done: dict[str, int] = {}
        self._told = 0.0

    def begin(self, kind: str, total: int, seconds: float | None = None) -> None:
        self._kinds[kind] = (total, time.monotonic())
        self._done[kind], self._told = 0, time.monotonic()
        if total:
            self._out.write(f"{kind}: {total:,} to look at{_forecast(seconds)}")

    def step(self, kind: str, count: int = 1) -> None:
        with self._lock:
            self._done[kind] += count
            now = time.monotonic()
            if now - self._told < LINE_EVERY_S:
                return
            self._told = now
            total, began = self._kinds[kind]
            done = self._done[kind]
            left = duration((now - began) / done * max(total - done, 0))
            self._out.write(f"{kind}: {done:,} of {total:,} done, {left} to go")

    def wait(self, seconds: float, why: str) -> None:
        if seconds >= 1:
            with self._lock:
                self._out.write(f"waiting {seconds:.0f} s ({why})")

    def end(self, kind: str) -> None:
        if self._kinds[kind][0]:
            self._out.write(f"{kind}: {self._done[kind]:,} done")


class Bars(Progress):
    """Live bars on the terminal, with the time that is left."""

    def __init__(self, console: Console) -> None:
        self._bars = RichProgress(
            TextColumn("{task.description:<14}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn(),
            TimeRemainingColumn(), TextColumn("{task.fields[note]}"), console=console,
        )  # fmt: skip
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> "Bars":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def begin(self, kind: str, total: int, seconds: float | None = None) -> None:
        note = _forecast(seconds).lstrip(", ") if total else ""
        self._tasks[kind] = self._bars.add_task(kind, total=total, note=note)

    def step(self, kind: str, count: int = 1) -> None:
        self._bars.advance(self._tasks[kind], count)

    def wait(self, seconds: float, why: str) -> None:
        if seconds >= 1:
            for task in self._tasks.values():
                self._bars.update(task, note=f"waiting {seconds:.0f} s: {why}")

    def end(self, kind: str) -> None:
        done = self._bars.tasks[self._tasks[kind]].completed
        self._bars.update(self._tasks[kind], total=done, completed=done, note="")
