"""What every channel does, and the three ways in which it may not have worked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True)
class Outgoing:
    """`key` is the message's for ever, `claim` of this one try. `unsubscribe_url`: of marketing by e-mail alone."""

    key: str
    claim: int
    address: str
    subject: str
    body: str
    unsubscribe_url: str = ""


@dataclass(frozen=True)
class Accepted:
    """The provider has it. `cost` in the company's currency, where the provider says so at once."""

    provider_id: str
    cost: Decimal | None = None


class NotNow(Exception):
    """Surely not sent: it may be tried again, not before `after_s` seconds where the provider says so."""

    def __init__(self, sentence: str, after_s: float | None = None) -> None:
        super().__init__(sentence)
        self.after_s = after_s


class Refused(Exception):
    """Surely not sent, and it never will be like this. `revokes`: the provider knows that the person has opted out."""

    def __init__(self, sentence: str, code: str = "", *, revokes: bool = False) -> None:
        super().__init__(sentence)
        self.code, self.revokes = code, revokes


class Unclear(Exception):
    """It may have been sent: the answer is missing, or says nothing."""


IsAnothers = Callable[[str], bool]


def nobodys(provider_id: str) -> bool:
    return False


class Channel(Protocol):
    """`can_find`: whether the provider can be asked if it has a message. `budget_s`: the longest that `send` takes."""

    name: str
    can_find: bool

    @property
    def budget_s(self) -> float: ...

    def send(self, out: Outgoing) -> Accepted:
        """One call, never repeated in here. Raises NotNow, Refused, Unclear."""

    def find(self, out: Outgoing, since: datetime, is_anothers: IsAnothers = nobodys) -> Accepted | None:
        """None: the provider surely does not have it. Raises NotNow.

        `is_anothers`: whether what is called so there is known to be another message, one with the same words.
        """
