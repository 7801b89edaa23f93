"""The sandbox's own time: real time at any speed, or a frozen moment that is moved by hand."""

import time
from datetime import UTC, datetime, timedelta

from config.sandbox import moments


class Clock:
    """`start` is where the company's history ends and its life begins.

    Running at speed 1 with `since_start=True` the clock shows real time however often the process is
    restarted, so that a stored continuation token keeps its meaning.
    """

    def __init__(
        self, start: datetime | None = None, *, speed: float = 1.0, since_start: bool = False
    ) -> None:
        start = start or datetime.now(UTC)
        if start.tzinfo is None:
            raise ValueError("The clock's start needs a time zone.")
        self.start = moments.from_datetime(start)
        self.speed = speed
        self._real = start.timestamp() if since_start else time.time()
        self._advanced = 0

    @classmethod
    def frozen(cls, start: datetime) -> "Clock":
        return cls(start, speed=0.0)

    def ticks(self) -> int:
        """Now, in units of 100 ns."""
        if not self.speed:
            return self.start + self._advanced
        running = (time.time() - self._real) * self.speed
        return self.start + self._advanced + max(0, int(running * moments.SECOND))

    def now(self) -> datetime:
        return moments.to_datetime(self.ticks())

    def advance(self, step: timedelta) -> None:
        if step < timedelta(0):
            raise ValueError("Time only moves forward here.")
        self._advanced += (step // timedelta(microseconds=1)) * 10

    def reset(self) -> None:
        """Back to the start; a running clock runs on from there."""
        self._advanced = 0
        self._real = time.time()
