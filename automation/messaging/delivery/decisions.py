"""What a last look comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from automation.messaging.models import TemplateVersion


@dataclass(frozen=True)
class Ready:
    """It may leave, like this."""

    address: str
    subject: str
    body: str
    purpose: str
    version: TemplateVersion
    segments: int | None = None
    cost: Decimal | None = None


@dataclass(frozen=True)
class Held:
    """Not now. `rule`: in a sentence, for people."""

    until: datetime
    rule: str


@dataclass(frozen=True)
class Dropped:
    """Never. `late`: because its time is over. `data`: by record, the values that it was decided by."""

    reason: str
    late: bool = False
    data: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


Decision = Ready | Held | Dropped
