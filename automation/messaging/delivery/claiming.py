"""The look and the claim, in one transaction: whoever has the claim may make one call, and nobody else has it."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from automation.messaging.channels import channel_of
from automation.messaging.delivery.decisions import Decision, Dropped, Held, Ready
from automation.messaging.delivery.looking import A_WHILE, look
from automation.messaging.delivery.telling import about, tell
from automation.messaging.models import Message
from automation.workflows import tracing
from automation.workflows.events import ALIAS

log = logging.getLogger(__name__)

State = Message.State


@dataclass(frozen=True)
class Claimed:
    """What became of the message that was looked at. Only where the decision is Ready it is to be sent."""

    message: Message
    decision: Decision


def claim(now: datetime, epoch: int) -> Claimed | None:
    """Look at the message that is due the longest. None: none is due that nobody else is at.

    One that cannot be looked at waits a while, so that it stops nobody else.
    """
    with transaction.atomic(using=ALIAS):
        rows = Message.objects.filter(state=State.WAITING, due_at__lte=now).order_by("due_at", "-priority", "id")
        message = rows.select_for_update(skip_locked=True).first()
        if message is None:
            return None
        try:
            with transaction.atomic(using=ALIAS):
                decision = _decided(message, now, epoch)
        except IntegrityError as refused:  # somebody took consent back between the look and this very statement
            decision = Dropped(f"The database refuses it: {str(refused).splitlines()[0]}.")
            _drop(message, decision, now)
        except redis.RedisError:  # nobody's fault, and so for every message
            raise
        except Exception as error:
            about(message)
            log.exception("Message %s could not be looked at.", message.pk)
            decision = Held(now + A_WHILE, f"It could not be looked at: {type(error).__name__}: {error}"[:500])
            _hold(message, decision, now)
    return Claimed(message, decision)


def _decided(message: Message, now: datetime, epoch: int) -> Decision:
    decision = look(message, now, epoch)
    if isinstance(decision, Ready):
        _take(message, decision, now, epoch)
    elif isinstance(decision, Held):
        _hold(message, decision, now)
    else:
        _drop(message, decision, now)
    return decision


def _take(message: Message, ready: Ready, now: datetime, epoch: int) -> None:
    """Here the database asks the ledger for itself (migration 0003)."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT nextval('automation.messaging_claims')")
        message.claim = cursor.fetchone()[0]
    channel = channel_of(message.kind)
    message.state, message.claimed_at, message.epoch = State.SENDING, now, epoch
    message.lease_until = now + timedelta(seconds=channel.budget_s + settings.MESSAGING_SETTLE_S)
    message.attempts += 1
    message.address, message.subject, message.body = ready.address, ready.subject, ready.body
    message.version, message.segments, message.cost = ready.version, ready.segments, ready.cost
    message.provider, message.provider_id, message.error_code = channel.name, "", ""
    message.held_by = message.reason = ""
    message.save()


def _hold(message: Message, held: Held, now: datetime) -> None:
    """No longer than it is worth anything."""
    message.due_at = held.until if message.expires_at is None else min(held.until, message.expires_at)
    new, message.held_by = message.held_by != held.rule, held.rule
    message.save(update_fields=["due_at", "held_by", "purpose"])
    if new:
        tell(message, now, tracing.WAITS, f"until {timezone.localtime(message.due_at):%Y-%m-%d %H:%M}: {held.rule}")


def _drop(message: Message, dropped: Dropped, now: datetime) -> None:
    message.state = State.EXPIRED if dropped.late else State.NOT_SENT
    message.reason, message.due_at, message.settled_at = dropped.reason, None, now
    message.save(update_fields=["state", "reason", "due_at", "settled_at", "purpose"])
    tell(message, now, tracing.NOT_SENT, dropped.reason, dict(dropped.data.get(message.entity_id, {})))
