"""A database that was restored from a backup has forgotten what it sent since. Redis remembers two things for that case:

automation:claims:<epoch>  the highest claim that left. A database that has not given it out yet was restored: nothing is
                           sent until a person begins a new epoch.
automation:sent:<print>    which template went to whom about what, and in which epoch, for KEPT. What left in an earlier
                           epoch does not leave again, whatever the database believes.

Both are written before the call, so that a kill in between errs on the side of silence.
"""

import hashlib
from datetime import datetime, timedelta

from django.db import connections, transaction

from automation.messaging.models import Epoch, Message
from automation.workflows.events import ALIAS
from config.isolation.redis.client import unit_redis

KEPT = timedelta(days=45)
FIRST = 1
UNIT = "automation"


class Restored(Exception):
    """The database is older than what was sent. The message says what to do."""


def current(using: str = ALIAS) -> int:
    newest = Epoch.objects.using(using).order_by("-number").values_list("number", flat=True).first()
    return newest or FIRST


def check(epoch: int) -> None:
    """Raises Restored; and what Redis raises: while it is away nothing is sent."""
    high = unit_redis(UNIT).zscore(_claims(epoch), "high")
    with connections[ALIAS].cursor() as cursor:  # after it was read: the sequence is never behind what left
        cursor.execute("SELECT last_value FROM automation.messaging_claims")
        given = cursor.fetchone()[0]
    if high is not None and int(high) > given:
        raise Restored(
            f"Messages up to claim {int(high)} have left, and the database knows of {given}: it was restored from a backup. "
            "Nothing is sent. Let the mirror catch up, then begin a new epoch: manage.py messaging epoch --why '...'."
        )


def leaves(message: Message, epoch: int) -> None:
    """Remembered before the call."""
    client = unit_redis(UNIT)
    client.zadd(_claims(epoch), {"high": message.claim or 0}, gt=True)
    client.set(_print(message), str(epoch), ex=int(KEPT.total_seconds()))


def left_before(message: Message, address: str, epoch: int) -> bool:
    """Whether it left in an earlier epoch."""
    if epoch == FIRST:
        return False
    found = unit_redis(UNIT).get(_print(message, address))
    return found is not None and int(found) < epoch


def begin(now: datetime, who: str, why: str) -> int:
    """The number of the new epoch. What is being sent is settled with the provider as ever."""
    with transaction.atomic(using=ALIAS):
        number = current() + 1
        Epoch.objects.create(number=number, began_at=now, who=who, why=why)
    return number


def _claims(epoch: int) -> str:
    return f"automation:claims:{epoch}"


def _print(message: Message, address: str = "") -> str:
    about = "|".join((message.kind, address or message.address, message.template, message.entity, str(message.entity_id)))
    return f"automation:sent:{hashlib.sha256(about.encode()).hexdigest()[:32]}"
