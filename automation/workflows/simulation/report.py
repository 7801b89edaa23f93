"""What came of a simulation: numbers for machines, sentences for people."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

SHOWN = 200  # messages, one by one


@dataclass(frozen=True)
class Rehearsed:
    """A message that would have left."""

    at: datetime
    kind: str
    template: str
    customer_id: int | None
    entity: str
    entity_id: int
    subject: str
    body: str

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "at": timezone.localtime(self.at).isoformat()}


@dataclass
class Simulated:
    """`loaded`: records that came with the first load, of whose beginning nothing is known. `collisions`: by the workflow whose
    message the same person got within a day of one of these."""

    workflow: str
    since: datetime
    until: datetime
    events: int = 0
    loaded: int = 0
    entered: int = 0
    kept_out: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    inside: int = 0
    control: int = 0
    sent: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    collisions: Counter[str] = field(default_factory=Counter)
    segments: int = 0
    cost: Decimal = Decimal(0)
    people: set[int] = field(default_factory=set)
    messages: list[Rehearsed] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        counters = {name: dict(value.most_common()) for name, value in vars(self).items() if isinstance(value, Counter)}
        numbers = {name: value for name, value in vars(self).items() if isinstance(value, int | str)}
        span = {"from": timezone.localtime(self.since).isoformat(), "to": timezone.localtime(self.until).isoformat()}
        return {
            **numbers, **counters, **span, "cost": str(self.cost), "people": len(self.people),
            "messages": [one.as_dict() for one in self.messages[:SHOWN]],
        }  # fmt: skip

    def lines(self) -> list[str]:
        """For a terminal."""
        said = [
            f"{self.workflow}, {timezone.localtime(self.since):%Y-%m-%d} to {timezone.localtime(self.until):%Y-%m-%d}",
            f"{self.events:>8,} events" + (f" ({self.loaded:,} more were loaded with their past unknown)" if self.loaded else ""),
            f"{self.entered:>8,} would have entered, {self.control:,} of them in the control group",
            f"{self.inside:>8,} would still be inside",
            f"{sum(self.sent.values()):>8,} messages to {len(self.people):,} people; {self.segments:,} segments, {self.cost:.2f}",
        ]
        parts = (
            ("sent", self.sent), ("kept out", self.kept_out), ("held, and sent later or never", self.held),
            ("not sent", self.dropped), ("collides with", self.collisions), ("ended", self.ended),
        )  # fmt: skip
        for title, counter in parts:
            if counter:
                said.append(f"{title}:")
                said += [f"{count:>8,} {what}" for what, count in counter.most_common(20)]
        return said
