"""Maintenance windows, in which nobody is told anything: weekly ones by a setting, and one that somebody opens for some hours."""

import re
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from config.monitoring import book

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WINDOW = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun|daily) ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


def parse(text: str) -> list[tuple[str, int, int]]:
    """ "Sun 02:00-04:00, daily 23:30-24:00" as (day, minutes from, minutes to). Raises ValueError."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _WINDOW.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no window: write Sun 02:00-04:00 or daily 23:30-24:00.")
        day, *clock = match.groups()
        hour, minute, hour_to, minute_to = map(int, clock)
        if (hour_to, minute_to) <= (hour, minute):
            raise ValueError(f"{part!r} ends before it begins: write two windows where it passes midnight.")
        found.append((day, hour * 60 + minute, hour_to * 60 + minute_to))
    return found


def is_open(at: datetime) -> bool:
    return weekly(at) or float(book.pause().get("until", 0)) > at.timestamp()


def weekly(at: datetime) -> bool:
    """In the company's time zone."""
    local = timezone.localtime(at)
    minutes = local.hour * 60 + local.minute
    windows = parse(settings.MONITOR_MAINTENANCE)
    return any(day in ("daily", DAYS[local.weekday()]) and start <= minutes < end for day, start, end in windows)
