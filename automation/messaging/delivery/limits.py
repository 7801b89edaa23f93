"""How many messages a person gets, over all workflows and channels. A person is a customer, and whoever has the address.

Everything that was claimed counts, sent or not known to be. Where not all may go, the higher priority goes.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connections
from django.db.models import Q

from automation.messaging.models import Message
from automation.workflows.events import ALIAS

DAY, WEEK = timedelta(days=1), timedelta(days=7)
State = Message.State


def one_at_a_time(customer_id: int | None, address: str) -> None:
    """Two workers never count the same person's messages at once. In the transaction that claims."""
    with connections[ALIAS].cursor() as cursor:
        for about in sorted((f"messaging customer {customer_id}", f"messaging address {address}")):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [about])


def is_free(message: Message) -> bool:
    """Of a high priority, such as reminders: counted, and not held."""
    return message.priority >= settings.MESSAGING_FREE_PRIORITY


def held(message: Message, address: str, now: datetime) -> tuple[datetime, str] | None:
    """Until when, and by which limit."""
    if is_free(message):
        return None
    person = Q(customer_id=message.customer_id) | Q(address=address)
    claimed = Message.objects.filter(person, claimed_at__gt=now - WEEK, claimed_at__lte=now)
    gone = claimed.exclude(state__in=(State.FAILED, State.WAITING, State.NOT_SENT, State.EXPIRED)).exclude(kind="staff")
    moments = sorted(gone.exclude(pk=message.pk).values_list("claimed_at", flat=True), key=lambda at: at or now)
    return too_many([at for at in moments if at is not None], now) or _gives_way(message, now)


def too_many(moments: list[datetime], now: datetime) -> tuple[datetime, str] | None:
    """`moments`: when a person got messages in the week before, oldest first."""
    gap = timedelta(minutes=settings.MESSAGING_GAP_MINUTES)
    if moments and now - moments[-1] < gap:
        return moments[-1] + gap, f"Another message was sent less than {settings.MESSAGING_GAP_MINUTES} minutes before."
    for span, most, said in ((DAY, settings.MESSAGING_CAP_DAY, "day"), (WEEK, settings.MESSAGING_CAP_WEEK, "week")):
        inside = [at for at in moments if at > now - span]
        if len(inside) >= most:  # free again when the one that is the oldest of the last `most` has left the span
            return inside[-most] + span, f"A person gets at most {most} messages a {said}."
    return None


def _gives_way(message: Message, now: datetime) -> tuple[datetime, str] | None:
    """To a message of a higher priority that is due within the time that would have to lie between the two."""
    soon = now + timedelta(minutes=settings.MESSAGING_GAP_MINUTES)
    others = Message.objects.filter(
        customer_id=message.customer_id, state=State.WAITING, due_at__lte=soon, priority__gt=message.priority
    )
    other = others.exclude(kind="staff").order_by("-priority").first() if message.customer_id is not None else None
    return None if other is None else (soon, f"It gives way to {other.template}, which has a higher priority.")
