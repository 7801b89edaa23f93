"""What nobody heard the end of: the process died in between, or the answer was lost. The provider is asked."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from automation.messaging.channels import channel_of
from automation.messaging.channels.base import NotNow
from automation.messaging.delivery import sending
from automation.messaging.delivery.telling import about
from automation.messaging.models import Message
from automation.workflows.events import ALIAS

log = logging.getLogger(__name__)

State = Message.State
SLACK = timedelta(minutes=5)  # between our clock and the provider's


def settle(clock: Callable[[], datetime]) -> bool:
    """The one whose lease was over first. False: there is none."""
    message = _taken(clock())
    if message is None:
        return False
    about(message)
    channel = channel_of(message.kind)
    if not channel.can_find:
        sending.given_up(message, clock(), channel)
        return True
    try:
        since = (message.claimed_at or clock()) - SLACK
        found = channel.find(sending.outgoing(message), since, partial(_is_anothers, message))
    except NotNow:
        return True  # asked again when this lease is over
    except Exception:  # of this message, or of an answer nobody expected: it stops no other
        log.exception("What became of message %s could not be asked.", message.pk)
        return True
    if found is None:
        sending.surely_not_sent(message, clock())
    else:
        sending.went(message, clock(), found, "The answer was lost; the provider was asked, and has it.")
    return True


def _is_anothers(message: Message, provider_id: str) -> bool:
    """Two messages may say the same to the same person."""
    return Message.objects.filter(provider_id=provider_id).exclude(pk=message.pk).exists()


def _taken(now: datetime) -> Message | None:
    """Another lease, so that no other process asks meanwhile."""
    with transaction.atomic(using=ALIAS):
        rows = Message.objects.filter(state=State.SENDING, lease_until__lte=now).order_by("lease_until")
        message = rows.select_for_update(skip_locked=True).first()
        if message is not None:
            message.lease_until = now + timedelta(seconds=channel_of(message.kind).budget_s + settings.MESSAGING_SETTLE_S)
            message.save(update_fields=["lease_until"])
        return message
