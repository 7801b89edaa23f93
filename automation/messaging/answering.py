"""What came in is looked at: states of messages, and what people wrote. The web process only put it into the inbox.

A word that the carriers know stops, starts or asks for help (CTIA messaging principles; the provider answers those words itself).
Anything else is a reply: staff is told, and nothing more is sent by the run that the person answered.
"""

import logging
import re
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction

from automation.messaging import consent
from automation.messaging.consent import EMAIL, MARKETING, PURPOSES, SMS
from automation.messaging.delivery.telling import tell
from automation.messaging.models import Answer, Inbox, Message
from automation.workflows import tracing
from automation.workflows.events import ALIAS
from automation.workflows.models import Run

log = logging.getLogger(__name__)

AT_A_TIME = 200
_COPIED = ("key", "kind", "provider_id", "message_key", "address", "state", "error_code", "text", "received_at")
STOP = frozenset(["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"])
START = frozenset(("start", "unstop"))
YES = "yes"  # starts again whoever stopped; from everybody else it is an answer to what was asked
HELP = frozenset(("help", "info"))
MEANINGS = ("stop", "start", "help")  # also as the provider says it where it took a word of the account's own for one
State = Message.State

# As the provider writes it: what it means, and how far along it is. A late "sent" never takes back a "delivered".
STATES = {
    "delivered": State.DELIVERED, "read": State.DELIVERED, "undelivered": State.UNDELIVERED, "failed": State.UNDELIVERED,
    "canceled": State.UNDELIVERED,
}  # fmt: skip
ON_THE_WAY = (State.SENDING, State.SENT, State.UNKNOWN)
OPTED_OUT = "21610"


def answer(now: datetime) -> int:
    """Look at what came in. Returns how much that was."""
    count = 0
    while True:
        with transaction.atomic(using=ALIAS):
            told = list(Inbox.objects.order_by("id").select_for_update(skip_locked=True)[:AT_A_TIME])
            known = set(Answer.objects.filter(key__in=[one.key for one in told]).values_list("key", flat=True))
            for one in told:
                if one.key not in known:
                    _heard(one, now)
            Inbox.objects.filter(pk__in=[one.pk for one in told]).delete()
        count += len(told)
        if len(told) < AT_A_TIME:
            return count


def _heard(one: Inbox, now: datetime) -> None:
    """One that nothing can be made of stops no other, a STOP least of all: it stands among the answers, and says so."""
    answer = Answer(**{name: getattr(one, name) for name in _COPIED}, handled_at=now)
    answer.save()
    try:
        with transaction.atomic(using=ALIAS):
            answer.meaning = _HANDLE[one.kind](answer, now)
    except Exception as error:
        log.exception("Answer %s could not be made sense of.", answer.pk)
        answer.meaning = f"not understood: {type(error).__name__}"
    answer.save(update_fields=["meaning"])


def _state(one: Answer, now: datetime) -> str:
    """The callback's address names the message as we do: so it tells of a call whose answer was lost, too."""
    message = Message.objects.filter(key=one.message_key).select_for_update().first() if one.message_key else None
    message = message or Message.objects.filter(provider_id=one.provider_id).select_for_update().first()
    if message is None or (message.provider_id and message.provider_id != one.provider_id):
        return "about no message of ours"
    state = STATES.get(one.state)
    if message.state == State.SENDING:  # whoever waits for the call's answer sees that it has one already
        message.state, message.lease_until, message.sent_at = State.SENT, None, now
    message.provider_id = message.provider_id or one.provider_id
    if state is not None and message.state in ON_THE_WAY:
        message.state, message.error_code, message.settled_at = state, one.error_code, now
        if state == State.UNDELIVERED:
            message.reason = f"The carrier did not deliver it{f' (error {one.error_code})' if one.error_code else ''}."
            tell(message, now, tracing.NOT_SENT, message.reason)
            _heed(message, now)
    message.save()
    return one.state


def _heed(message: Message, now: datetime) -> None:
    if message.error_code == OPTED_OUT and not message.redirected_to:
        consent.said(
            message.kind, message.address, now, allowed=False, source=f"carrier {OPTED_OUT}",
            why="The provider knows that this person has opted out.", customer_id=message.customer_id,
        )  # fmt: skip


def meaning_of(text: str) -> str:
    """stop, start, help, or reply. "Stop." and "STOP ALL" are stop; "Please stop by at noon" is a reply that people must read."""
    word = re.sub(r"[^a-z]", "", text.lower())
    for meaning, words in (("stop", STOP), ("start", START), ("help", HELP)):
        if word in words:
            return meaning
    return "reply"


def _inbound(one: Answer, now: datetime) -> str:
    meaning, last = one.state if one.state in MEANINGS else meaning_of(one.text), _last_to(SMS, one.address)
    customer = None if last is None else last.customer_id
    if one.text.strip().lower() == YES and _stopped(one.address):
        meaning = "start"
    if meaning in ("stop", "start"):
        consent.said(
            SMS, one.address, now, allowed=meaning == "start", source=meaning.upper(), customer_id=customer,
            why=f"They wrote {one.text.strip()[:40]!r}.", purposes=PURPOSES,
        )  # fmt: skip
    if last is not None:
        tell(last, now, tracing.ANSWERED, f"They wrote: {one.text[:500]}", {"answer": one.pk, "meaning": meaning})
        if meaning == "reply":
            _leave_to_people(last, now)
    return meaning


def _stopped(address: str) -> bool:
    words = consent.newest([(SMS, address)])
    return any(word.allowed is False and word.witness == consent.Witness.PERSON for part in words.values() for word in part)


def _leave_to_people(last: Message, now: datetime) -> None:
    """Whoever talks to us wants an answer, and not the next message of a series."""
    why = "The customer replied: from here on it is a conversation between people."
    Message.objects.filter(run=last.run_id, state=State.WAITING).exclude(kind="staff").update(
        state=State.NOT_SENT, reason=why, due_at=None, settled_at=now
    )
    run = Run.objects.filter(messages=last, state=Run.State.ACTIVE)
    if run.update(state=Run.State.STOPPED, reason=why, due_at=None, waits_for="", ended_at=now):
        tell(last, now, tracing.ENDED, why)


def _unsubscribe(one: Answer, now: datetime) -> str:
    """One click ends marketing by e-mail; messages about ordered work go on, as the page says."""
    message = Message.objects.filter(key=one.message_key).first() if one.message_key else None
    customer = None if message is None else message.customer_id
    consent.said(
        EMAIL, one.address, now, allowed=False, source="unsubscribe link", why="They used the link in an e-mail.",
        purposes=(MARKETING,), customer_id=customer,
    )  # fmt: skip
    if message is not None:
        tell(message, now, tracing.ANSWERED, "They unsubscribed.", {"answer": one.pk})
    return "stop"


def _last_to(channel: str, address: str) -> Message | None:
    rows = Message.objects.filter(address=address, kind=channel, claimed_at__isnull=False)
    return rows.order_by("-claimed_at").first() if not settings.MESSAGING_REDIRECT_ALL_TO else None


_HANDLE: dict[str, Callable[[Answer, datetime], str]] = {
    Answer.Kind.STATUS: _state, Answer.Kind.INBOUND: _inbound, Answer.Kind.UNSUBSCRIBE: _unsubscribe,
}  # fmt: skip
