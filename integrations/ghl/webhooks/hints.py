"""What an event says: which record to look at. The rest of it is believed to nobody, and kept nowhere."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

# What the worker looks at a record for. Others, such as InboundMessage, tell nothing that it needs.
TYPES = frozenset((
    "ContactCreate", "ContactUpdate", "ContactDelete", "ContactDndUpdate", "ContactTagUpdate",
    "OpportunityCreate", "OpportunityUpdate", "OpportunityDelete", "OpportunityStageUpdate", "OpportunityStatusUpdate",
    "OpportunityMonetaryValueUpdate", "OpportunityAssignedToUpdate",
))  # fmt: skip
FRESH = timedelta(minutes=5)
_ID = re.compile(r"[\w-]{1,100}", re.ASCII)  # goes into addresses of calls
_MILLISECONDS = 1e11  # of 1973; a number above it is no count of seconds


class Unreadable(ValueError):
    """It is genuine, and lacks what every event has. The message says what."""


@dataclass(frozen=True)
class Hint:
    id: str
    type: str
    record_id: str
    location_id: str
    sent_at: datetime

    @property
    def matters(self) -> bool:
        return self.type in TYPES and bool(self.record_id)

    def is_fresh(self, now: datetime) -> bool:
        """A clock that goes wrong a little, here or there, goes wrong in both directions."""
        return abs(now - self.sent_at) <= FRESH


def read(body: bytes) -> Hint:
    """`body`: flat, or with the record's fields under `data`. Raises Unreadable."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("The body is no JSON.") from None
    if not isinstance(told, dict):
        raise Unreadable("The body is no JSON object.")
    data = told.get("data")
    fields = {**(data if isinstance(data, dict) else {}), **told}
    record_id, webhook_id = fields.get("id"), _text(fields.get("webhookId"))
    if not webhook_id:
        raise Unreadable("There is no webhookId, so a repeated delivery could not be told from a new one.")
    sent_at = _moment(fields.get("timestamp"))
    if sent_at is None:
        raise Unreadable("There is no timestamp, so nobody can tell how old this is.")
    named = record_id if isinstance(record_id, str) and _ID.fullmatch(record_id) else ""
    return Hint(webhook_id, _text(fields.get("type")), named, _text(fields.get("locationId")), sent_at)


def _text(value: Any) -> str:
    return value if isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable() else ""


def _moment(value: Any) -> datetime | None:
    """As text, or as a number of seconds or milliseconds since 1970."""
    try:
        if isinstance(value, str) and not value.isdigit():
            moment = parse_datetime(value)
            return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        number = float(value)
        return datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None
