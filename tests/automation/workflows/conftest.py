"""A mirror, workflows, and a clock that tests move."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from automation.workflows import entering, events, stored
from automation.workflows.engine import tick
from automation.workflows.models import Effect, Run, Trace
from automation.workflows.stepping import Moved
from config.isolation import switches
from config.isolation.actor import acting_as
from tests.mirror import wait_for_changes

START = datetime(2026, 11, 23, 16, tzinfo=UTC)  # a Monday, nine in the morning in Phoenix


@dataclass
class Desk:
    """Everything passes its own time in."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def listen(self) -> int:
        """What the event log tells becomes events. Returns how many changes were read."""
        wait_for_changes()
        return events.catch_up(self.now).changes

    def go(self) -> Moved:
        """Everything that is due now."""
        total = Moved()
        while True:
            decided, moved = entering.enter(self.now), tick(self.now)
            total.add(moved)
            if not decided and not moved.runs:
                return total

    def workflow(self, steps: list[Any], *, event: str = "estimate.created", on: bool = True, **more: Any) -> stored.Current:
        usual: dict[str, Any] = {"name": "test", "title": "Test", "trigger": {"event": event}, "newest_hours": 8760}
        return stored.store({**usual, **more, "steps": steps}, "test", self.now, enabled=on)

    def sent(self) -> list[tuple[int, str]]:
        return list(Effect.objects.order_by("id").values_list("entity_id", "template"))

    def runs(self, **which: Any) -> list[Run]:
        return list(Run.objects.filter(**which).order_by("id"))

    def why(self, entity_id: int) -> list[tuple[str, str]]:
        return list(Trace.objects.filter(entity_id=entity_id).order_by("id").values_list("what", "why"))


@pytest.fixture
def desk(transactional_db: None) -> Iterator[Desk]:
    switches.publish()
    with acting_as("automation"):
        desk = Desk()
        desk.listen()  # from here on
        yield desk


Send = Callable[[str], dict[str, Any]]


def sms(template: str) -> dict[str, Any]:
    return {"do": "send sms", "template": template}


def wait(span: str) -> dict[str, Any]:
    return {"do": "wait", "for": span}
