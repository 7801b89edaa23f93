"""What runs by itself. Units register their defaults; people change them in the admin, and their changes stay."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any


@dataclass(frozen=True)
class Schedule:
    """A default: `every` so often, or `at` (hour, minute) each day in the company's time zone."""

    name: str
    task: str
    every: timedelta | None = None
    at: tuple[int, int] | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    description: str = ""


_registered: dict[str, Schedule] = {}


def register(*schedules: Schedule) -> None:
    """Called in `AppConfig.ready()`."""
    _registered.update({schedule.name: schedule for schedule in schedules})


def registered() -> tuple[Schedule, ...]:
    return tuple(_registered.values())
