"""ServiceTitan's moments in Python, by the rules that `columns.Moment` has in SQL."""

from datetime import UTC, datetime

from django.utils.dateparse import parse_datetime

from servicetitan.columns import FIRST_DATE, LAST_DATE

_FIRST, _LAST = datetime.fromisoformat(FIRST_DATE), datetime.fromisoformat(LAST_DATE)


def moment(text: str | None) -> datetime | None:
    """None for no date, for the vendor's two ways to write that, and for text that is no date."""
    try:
        found = parse_datetime(text) if text else None
    except ValueError:  # looks like a date and is none
        return None
    if found is None:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if _FIRST < found < _LAST else None
