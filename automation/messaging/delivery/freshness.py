"""How old the mirror is: what it has not heard yet may make a message wrong."""

from datetime import datetime, timedelta

from automation.messaging.models import Message
from automation.workflows.entities import ENTITIES
from servicetitan.models import SyncCursor

ALWAYS = ("customers", "contacts")
LOOK_AGAIN = timedelta(minutes=1)
ALSO = {"estimate": ("jobs",), "appointment": ("jobs",), "invoice": ("jobs",)}


def behind(entity: str, now: datetime) -> timedelta | None:
    """How long ago the mirror last knew everything about such records and their customers. None: it never did."""
    feeds = {ENTITIES[entity].feed, *ALWAYS, *ALSO.get(entity, ())}
    known = dict(SyncCursor.objects.filter(entity__in=feeds).values_list("entity", "caught_up_at"))
    moments = [known.get(feed) for feed in feeds]
    oldest = None if None in moments else min(moment for moment in moments if moment is not None)
    return None if oldest is None else now - oldest


def too_old(message: Message, now: datetime) -> str:
    """Why it has to wait, in a sentence, or nothing."""
    if message.freshest_minutes is None:
        return ""
    age = behind(message.entity, now)
    if age is not None and age <= timedelta(minutes=message.freshest_minutes):
        return ""
    said = "has not read everything yet" if age is None else f"is {age.total_seconds() / 60:.0f} minutes behind"
    return f"The mirror {said}, and this workflow allows {message.freshest_minutes} minutes."
