"""How messages and consent are called and coloured."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from automation.messaging.models import Consent, Message
from config.backoffice import show

State = Message.State
TONES = {
    State.WAITING: show.INFO, State.SENDING: show.INFO, State.SENT: show.GOOD, State.DELIVERED: show.GOOD,
    State.UNDELIVERED: show.WARNING, State.NOT_SENT: show.PLAIN, State.EXPIRED: show.WARNING, State.FAILED: show.BAD,
    State.UNKNOWN: show.BAD,
}  # fmt: skip
STATE_CHOICES = tuple((str(state.value), str(state.label)) for state in State)
WORD_TONES = {True: show.GOOD, False: show.BAD, None: show.PLAIN}


def state_pill(state: str) -> SafeString:
    return show.pill(State(state).label, TONES[State(state)])


def word_pill(word: Consent) -> SafeString:
    return show.pill(word.word, WORD_TONES[word.allowed])


def text(body: str) -> SafeString:
    """A message as its recipient sees it, with its empty lines."""
    return format_html('<div class="hub-text">{}</div>', body) if body else show.NOTHING


def choices(of: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(value), str(label)) for value, label in of.choices)
