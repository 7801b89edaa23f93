"""When the company itself wants to write: MESSAGING_HOURS on its own clock, and MESSAGING_HOLIDAYS."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from django.conf import settings

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART = re.compile(rf"({'|'.join(DAYS)})(?:-({'|'.join(DAYS)}))?\s+(\d\d):(\d\d)-(\d\d):(\d\d)")
_ENDS_AT_MIDNIGHT = ("24", "00")
MIDNIGHT = time(0)


class BadHours(ValueError):
    """A setting that cannot be read. The message says which part, and what one looks like."""


@dataclass(frozen=True)
class Company:
    """`hours` by weekday (0: Monday), None: at any time; an end of 00:00 is midnight. `federal`: the holidays of the country."""

    zone: ZoneInfo
    hours: Mapping[int, tuple[time, time]] | None = None
    federal: bool = True
    days_off: frozenset[date] = field(default_factory=frozenset)

    def is_holiday(self, day: date) -> bool:
        return day in self.days_off or (self.federal and day in federal_holidays(day.year))


def company() -> Company:
    """By the settings. Raises BadHours."""
    return _company(settings.MESSAGING_HOURS, settings.MESSAGING_HOLIDAYS, settings.TIME_ZONE)


@cache
def _company(hours: str, holidays: str, zone: str) -> Company:
    federal, days_off = read_holidays(holidays)
    return Company(ZoneInfo(zone), read_hours(hours), federal, days_off)


def read_hours(text: str) -> dict[int, tuple[time, time]] | None:
    """Such as "mon-fri 08:00-19:00, sat 09:00-17:00". Raises BadHours."""
    if not text.strip():
        return None
    found: dict[int, tuple[time, time]] = {}
    for part in text.lower().split(","):
        match = _PART.fullmatch(part.strip())
        try:
            if match is None:
                raise ValueError
            first, last = DAYS.index(match[1]), DAYS.index(match[2] or match[1])
            end = MIDNIGHT if match.group(5, 6) == _ENDS_AT_MIDNIGHT else time(int(match[5]), int(match[6]))
            hours = time(int(match[3]), int(match[4])), end
        except ValueError:
            raise BadHours(f"MESSAGING_HOURS: {part.strip()!r} is none: write mon-fri 08:00-19:00, sat 09:00-17:00.") from None
        if hours[1] != MIDNIGHT and hours[0] >= hours[1]:
            raise BadHours(f"MESSAGING_HOURS: {part.strip()!r} ends before it begins.")
        found |= dict.fromkeys([day % 7 for day in range(first, last + 1 if first <= last else last + 8)], hours)
    return found


def read_holidays(text: str) -> tuple[bool, frozenset[date]]:
    """Such as "us, 2026-12-24": the federal holidays and a day of one's own. Raises BadHours."""
    federal, days = False, set()
    for part in filter(None, (part.strip().lower() for part in text.split(","))):
        if part in ("us", "none"):
            federal = federal or part == "us"
            continue
        try:
            days.add(date.fromisoformat(part))
        except ValueError:
            raise BadHours(f"MESSAGING_HOLIDAYS: {part!r} is no day: write us, none, or days such as 2026-12-24.") from None
    return federal, frozenset(days)


@cache
def federal_holidays(year: int) -> frozenset[date]:
    """The eleven of 5 U.S.C. 6103, and the weekday that stands for one on a weekend. The new year's may fall into December."""
    own = {day for each in (year, year + 1) for day in _holidays(each)}
    return frozenset(day for day in own if day.year == year)


def _holidays(year: int) -> Iterator[date]:
    for month, day in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25)):
        fixed = date(year, month, day)
        yield fixed
        yield fixed + timedelta(days={5: -1, 6: 1}.get(fixed.weekday(), 0))
    for month, weekday, number in ((1, 0, 3), (2, 0, 3), (9, 0, 1), (10, 0, 2), (11, 3, 4)):
        first = date(year, month, 1)
        yield first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))
    last = date(year, 5, 31)
    yield last - timedelta(days=last.weekday())
