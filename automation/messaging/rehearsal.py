"""The last look of a simulation: the same questions at virtual times, and nothing leaves.

Consent and addresses are taken as they stand today: who has said no since would not be written to again either. Other workflows'
messages count where they really left.
"""

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from automation.messaging.delivery import limits, looking
from automation.messaging.delivery.decisions import Decision, Dropped, Held, Ready
from automation.messaging.models import Message, TemplateVersion
from automation.messaging.wording import templates
from automation.workflows.definitions import Definition
from automation.workflows.models import Effect
from automation.workflows.simulation.past import Past
from automation.workflows.simulation.report import Rehearsed, Simulated
from config.feed.consumer import AT_A_TIME

STAFF = "staff"
DAY = timedelta(days=1)


def _written(message: Message, version: TemplateVersion, address: str, now: datetime) -> Decision:
    """What people would have to mend first holds it in life, and here would for ever."""
    found = looking.written(message, version, address, now)
    return Dropped(found.rule) if isinstance(found, Held) else found


@dataclass(order=True)
class _Due:
    at: datetime
    number: int
    message: Message


class Rehearsal:
    """Messages of one definition, as `simulation.replay.Messages` wants them."""

    def __init__(self, definition: Definition, past: Past, report: Simulated, own: str) -> None:
        self._definition, self._past, self._report = definition, past, report
        self._numbers = count(1)
        self._waiting: list[_Due] = []
        self._got: dict[int | None, list[datetime]] = defaultdict(list)
        self._others: dict[int | None, list[tuple[datetime, str]]] = defaultdict(list)
        rows = Message.objects.filter(claimed_at__gt=report.since - limits.WEEK, claimed_at__lte=report.until + DAY)
        left = rows.exclude(kind=STAFF).values_list("customer_id", "claimed_at", "run__workflow__name")
        for customer, at, name in left.iterator(AT_A_TIME):
            if at is not None and name != own:
                self._others[customer].append((at, name or "?"))

    def want(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            message = Message(
                key=effect.key, kind=effect.kind, template=effect.template, customer_id=effect.customer_id, entity=effect.entity,
                entity_id=effect.entity_id, priority=effect.priority, wanted_at=effect.wanted_at, expires_at=effect.expires_at,
                due_at=effect.wanted_at,
            )  # fmt: skip
            message.effect = effect
            heapq.heappush(self._waiting, _Due(effect.wanted_at, next(self._numbers), message))
        self._report.waiting = len(self._waiting)

    def due(self) -> datetime | None:
        return self._waiting[0].at if self._waiting else None

    def look(self, now: datetime) -> None:
        while self._waiting and self._waiting[0].at <= now:
            message = heapq.heappop(self._waiting).message
            with self._past.at(now, {message.entity: [message.entity_id], "customer": [message.customer_id or 0]}):
                self._note(message, self._decided(message, now), now)
        self._report.waiting = len(self._waiting)

    def _decided(self, message: Message, now: datetime) -> Decision:
        if message.expires_at is not None and message.expires_at <= now:
            return Dropped("Its time was over.", late=True)
        version = templates.current(message.template)
        if version is None or version.template.kind != message.kind:
            return Dropped(f"There is no template {message.template} for {message.kind}.")
        message.purpose = version.template.purpose
        for no in (looking.reached(self._definition, message, now), looking.record_stands(message, now),
                   looking.customer_stands(message, now)):  # fmt: skip
            if no is not None:
                return no
        if message.kind == STAFF:
            return _written(message, version, "staff", now)
        address, why = looking.address_of(message)
        if not address:
            return Dropped(why)
        held = looking.hours_of(message, address, now) or self._limits(message, now)
        return held or _written(message, version, address, now)

    def _limits(self, message: Message, now: datetime) -> Held | None:
        if limits.is_free(message):
            return None
        moments = self._got[message.customer_id] + [at for at, _ in self._others[message.customer_id]]
        found = limits.too_many(sorted(at for at in moments if now - limits.WEEK < at <= now), now)
        return None if found is None else Held(*found)

    def _note(self, message: Message, decision: Decision, now: datetime) -> None:
        report = self._report
        if isinstance(decision, Held):
            report.held[decision.rule] += 1
            until = decision.until if message.expires_at is None else min(decision.until, message.expires_at)
            heapq.heappush(self._waiting, _Due(max(until, now + timedelta(minutes=1)), next(self._numbers), message))
        elif isinstance(decision, Dropped):
            report.dropped[decision.reason] += 1
        else:
            self._sent(message, decision, now)

    def _sent(self, message: Message, ready: Ready, now: datetime) -> None:
        report = self._report
        report.sent[f"{message.kind} {message.template}"] += 1
        report.segments += ready.segments or 0
        report.cost += ready.cost or 0
        if message.kind != STAFF and message.customer_id is not None:
            report.people.add(message.customer_id)
            self._got[message.customer_id].append(now)
            near = {name for at, name in self._others[message.customer_id] if abs(at - now) < DAY}
            report.collisions.update(near)
        report.messages.append(
            Rehearsed(now, message.kind, message.template, message.customer_id, message.entity, message.entity_id, ready.subject,
                      ready.body)
        )  # fmt: skip
