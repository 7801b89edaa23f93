"""Moments as integers of 100 ns since 1970: the finest resolution a vendor writes (ServiceTitan, its contract section 3.7)."""

import re
from datetime import UTC, datetime, timedelta

SECOND = 10_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTES = tuple(f"T{m // 60:02d}:{m % 60:02d}:" for m in range(1440))
_TWO = tuple(f"{n:02d}" for n in range(100))
_days: dict[int, str] = {}

_STAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)


def from_datetime(moment: datetime) -> int:
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds * 10


def to_datetime(ticks: int) -> datetime:
    """Loses the seventh digit, which Python's datetime has no room for."""
    return _EPOCH + timedelta(microseconds=ticks // 10)


def text(ticks: int) -> str:
    """As the API writes it: UTC with Z, up to seven fraction digits, trailing zeros trimmed."""
    seconds, fraction = divmod(ticks, SECOND)
    day, second = divmod(seconds, 86_400)
    stamp = (_days.get(day) or _day(day)) + _MINUTES[second // 60] + _TWO[second % 60]
    if not fraction:
        return stamp + "Z"
    return f"{stamp}.{fraction:07d}".rstrip("0") + "Z"


def milliseconds(ticks: int) -> str:
    """As JavaScript writes it: UTC with Z and always three fraction digits."""
    stamp = text(ticks - ticks % SECOND)
    return f"{stamp[:-1]}.{ticks % SECOND // 10_000:03d}Z"


def text_or_none(ticks: int | None) -> str | None:
    return None if ticks is None else text(ticks)


def date_text(ticks: int) -> str:
    """A calendar date as invoices write it: midnight UTC (contract section 3.5)."""
    day = ticks // DAY
    return (_days.get(day) or _day(day)) + "T00:00:00Z"


def _day(day: int) -> str:
    return _days.setdefault(day, (_EPOCH + timedelta(days=day)).strftime("%Y-%m-%d"))


def parse(value: str) -> int | None:
    """RFC 3339 or a bare date; a missing zone is UTC. None when it is neither."""
    found = _STAMP.fullmatch(value.strip())
    if not found:
        return None
    day, hour, minute, second, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{hour or '00'}:{minute or '00'}:{second or '00'}+00:00")
    except ValueError:
        return None
    ticks = from_datetime(moment) + int((fraction or "0").ljust(7, "0")[:7])
    return ticks - _offset(zone)


def _offset(zone: str | None) -> int:
    if zone is None or zone in "Zz":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return (minutes if zone[0] == "+" else -minutes) * MINUTE


def is_bare_date(value: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()) is not None
