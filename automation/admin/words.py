"""How states, decisions and records are called and coloured."""

import json
from typing import Any

from django.utils.safestring import SafeString

from automation.workflows import tracing
from automation.workflows.definitions import Definition
from automation.workflows.entities import ENTITIES
from automation.workflows.models import Run, Version
from automation.workflows.stored import definition_of
from config.backoffice import pages, show
from servicetitan.models import Customer

State = Run.State
STATE_TONES = {State.ACTIVE: show.INFO, State.DONE: show.GOOD, State.STOPPED: show.PLAIN, State.FAILED: show.BAD}
STATE_WORDS = {State.ACTIVE: "inside", State.DONE: "through", State.STOPPED: "stopped", State.FAILED: "failed"}
STATE_CHOICES = tuple((str(state.value), text) for state, text in STATE_WORDS.items())
GROUP_WORDS = {Run.Group.TREATED: "treated", Run.Group.CONTROL: "control group"}
GROUP_CHOICES = tuple((str(group.value), text) for group, text in GROUP_WORDS.items())
WHAT_TONES = {
    tracing.ENTERED: show.INFO, tracing.KEPT_OUT: show.PLAIN, tracing.SENT: show.GOOD, tracing.NOT_SENT: show.WARNING,
    tracing.FAILED: show.BAD,
}  # fmt: skip
WHATS = (
    tracing.ENTERED, tracing.KEPT_OUT, tracing.WAITS, tracing.HEARD, tracing.BRANCH, tracing.SPLIT, tracing.WANTED, tracing.SENT,
    tracing.NOT_SENT, tracing.ANSWERED, tracing.MOVED, tracing.ENDED, tracing.FAILED,
)  # fmt: skip
UNREADABLE = "This hub cannot read the newest version: nobody enters, and who is inside waits."


def on_off(enabled: bool) -> SafeString:
    return show.pill("on", show.GOOD) if enabled else show.pill("off", show.PLAIN)


def state_pill(state: str) -> SafeString:
    return show.pill(STATE_WORDS.get(State(state), state), STATE_TONES.get(State(state), show.PLAIN))


def what_pill(what: str) -> SafeString:
    return show.pill(what, WHAT_TONES.get(what, show.PLAIN))


def record_link(entity: str, id: int, text: Any = None) -> SafeString | str:
    """The mirrored record's page."""
    said = text if text is not None else f"{entity} {id}"
    return show.link(pages.page_of(ENTITIES[entity].model, id), said) if entity in ENTITIES else str(said)


def customer_link(id: int | None) -> SafeString:
    return show.link(pages.page_of(Customer, id), f"customer {id}") if id else show.NOTHING


def run_link(id: int | None) -> SafeString:
    return show.link(pages.page_of(Run, id), f"run {id}") if id else show.NOTHING


def definition(version: Version | None) -> Definition | None:
    """None where this hub does not understand it."""
    return definition_of(version.pk, json.dumps(version.content)) if version is not None else None


def number(text: str) -> int:
    """An id out of an address; -1, which no record has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
