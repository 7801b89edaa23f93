"""ServiceTitan's moments, read without the project's or PostgreSQL's help."""

import re
from datetime import UTC, datetime, timedelta

_PARTS = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def moment(text: str, *, half_up: bool = False) -> datetime:
    """Rounded to the microsecond where the vendor sends seven digits: half to even as PostgreSQL does, or half up."""
    found = _PARTS.fullmatch(text)
    if found is None:
        raise ValueError(f"no moment: {text!r}")
    whole = datetime(*(int(part) for part in found.groups()[:6]), tzinfo=UTC)  # type: ignore[arg-type, misc]
    return whole + timedelta(microseconds=_micros(found[7] or ".0", half_up)) - _offset(found[8])


def _micros(fraction: str, half_up: bool) -> int:
    if half_up:
        digits = fraction[1:].ljust(7, "0")
        return int(digits[:6]) + (digits[6] >= "5")
    return round(float(fraction) * 1_000_000)


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone == "Z":
        return timedelta(0)
    size = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return -size if zone[0] == "-" else size
