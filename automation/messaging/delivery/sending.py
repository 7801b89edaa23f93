"""The call, and what became of it.

Surely not sent (the provider said no, or the call never left): back it goes, or it is refused for good. Anything else but a yes
may have been sent: it stays SENDING until its lease is over, and settling asks the provider.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from automation.messaging import consent
from automation.messaging.channels import channel_of
from automation.messaging.channels.base import Accepted, Channel, NotNow, Outgoing, Refused, Unclear
from automation.messaging.delivery import epochs, redirect
from automation.messaging.delivery.telling import about, tell
from automation.messaging.models import Message
from automation.messaging.webhooks.links import unsubscribe_url
from automation.messaging.wording.rendering import footer
from automation.workflows import tracing
from automation.workflows.events import ALIAS
from config import telemetry

log = logging.getLogger(__name__)

State = Message.State
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=2)
MOST_ATTEMPTS = 12
EMAIL, MARKETING = "email", "marketing"


def send(message: Message, may_leave: Callable[[], None], clock: Callable[[], datetime]) -> None:
    """One that this process has just claimed. `may_leave` raises where nothing may leave just now."""
    about(message)
    try:
        may_leave()
        epochs.leaves(message, message.epoch or epochs.FIRST)
    except Exception:
        _back(message, clock(), timedelta(minutes=1), "")
        raise
    channel = channel_of(message.kind)
    if message.lease_until is None or clock() + timedelta(seconds=channel.budget_s) > message.lease_until:
        return  # this process was asleep for so long that another one may be at it
    try:
        out = outgoing(message)
    except Exception as error:
        log.exception("Message %s could not be written.", message.pk)
        _again(message, clock(), NotNow(f"It could not be written: {type(error).__name__}: {error}"[:500]))
        return
    _call(message, channel, out, clock)


def _call(message: Message, channel: Channel, out: Outgoing, clock: Callable[[], datetime]) -> None:
    try:
        with telemetry.span(f"send {message.kind}", attributes={"hub.message": message.pk}):
            accepted = channel.send(out)
    except NotNow as no:
        _again(message, clock(), no)
    except Refused as refused:
        _refused(message, clock(), refused)
    except Unclear as unclear:
        log.warning("Whether message %s was sent is not known yet: %s", message.pk, unclear)
        _update(message, reason=f"The answer of the provider is missing: {unclear}")
    except Exception as error:  # of a channel that did not expect it: it may have left
        log.exception("Whether message %s was sent is not known yet.", message.pk)
        _update(message, reason=f"The answer of the provider is missing: {type(error).__name__}")
    else:
        went(message, clock(), accepted)


def outgoing(message: Message) -> Outgoing:
    """What the provider is given, which the redirect of a trial may turn elsewhere."""
    address, subject, body, link = message.address, message.subject, message.body, ""
    if message.kind == EMAIL and message.purpose == MARKETING:
        link = unsubscribe_url(message.address, message.key)
        body = f"{body}\n\n{footer(link)}"
    if elsewhere := redirect.instead_of(message.kind):
        address, subject = elsewhere, f"[customer {message.customer_id}] {subject}" if subject else ""
    return Outgoing(message.key, message.claim or 0, address, subject, body, link)


def went(message: Message, now: datetime, accepted: Accepted, how: str = "") -> None:
    """It is with the provider."""
    with transaction.atomic(using=ALIAS):
        changed = _update(
            message, state=State.SENT, provider_id=accepted.provider_id, sent_at=now, lease_until=None, reason=how,
            redirected_to=redirect.instead_of(message.kind), **({} if accepted.cost is None else {"cost": accepted.cost}),
        )  # fmt: skip
        if changed:
            log.info("Message %s is with the provider.", message.pk)
            tell(message, now, tracing.SENT, how or "It is with the provider.", {"provider_id": accepted.provider_id})


def _again(message: Message, now: datetime, no: NotNow) -> None:
    if message.attempts >= MOST_ATTEMPTS:
        _over(message, now, State.FAILED, f"It was tried {message.attempts} times. {no}")
        return
    pause = min(FIRST_PAUSE * 2.0 ** (message.attempts - 1), LONGEST_PAUSE)
    _back(message, now, max(pause, timedelta(seconds=no.after_s or 0)), str(no))


def _refused(message: Message, now: datetime, refused: Refused) -> None:
    with transaction.atomic(using=ALIAS):
        _over(message, now, State.FAILED, str(refused), error_code=refused.code)
        if refused.revokes and not redirect.instead_of(message.kind):
            consent.said(
                message.kind, message.address, now, allowed=False, source=f"carrier {refused.code}",
                why="The provider knows that this person has opted out.", customer_id=message.customer_id,
            )  # fmt: skip


def _back(message: Message, now: datetime, pause: timedelta, why: str) -> None:
    """It surely was not sent: it waits for another last look."""
    due = now + pause if message.expires_at is None else min(now + pause, message.expires_at)
    _update(message, state=State.WAITING, due_at=due, lease_until=None, held_by=why, attempts=message.attempts - (not why))


def _over(message: Message, now: datetime, state: str, why: str, **more: Any) -> None:
    if _update(message, state=state, reason=why, lease_until=None, settled_at=now, due_at=None, **more):
        log.info("Message %s is not sent: %s", message.pk, why)
        tell(message, now, tracing.NOT_SENT, why)


def _update(message: Message, **values: Any) -> bool:
    """Only under the claim that this process has."""
    mine = Message.objects.filter(pk=message.pk, claim=message.claim, state=State.SENDING)
    return bool(mine.update(**values))


def given_up(message: Message, now: datetime, channel: Channel) -> None:
    """Nobody can be asked, and a second message would be worse than none."""
    why = f"The answer of {channel.name} was lost, and it cannot be asked: it may have been sent, and is not sent again."
    if _update(message, state=State.UNKNOWN, reason=why, lease_until=None, settled_at=now, due_at=None):
        tell(message, now, tracing.FAILED, why)


def surely_not_sent(message: Message, now: datetime) -> None:
    """The provider does not have it."""
    _again(message, now, NotNow("The provider was asked and does not have it: it is sent again."))
