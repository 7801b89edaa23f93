"""May it leave now, and if not, when and by which rule.

Windows are of wall clocks, so a night in which the clocks change makes one an hour longer or shorter, and nothing else. Looked at
are moments, not days: a rule says from when to when on a day it holds, and the answer is the first moment in all of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from automation.messaging.hours.company import MIDNIGHT, Company
from automation.messaging.hours.windows import MARKETING, Hours, Window, window_of
from automation.messaging.hours.zones import Place, zones_of

FAR = 14  # days ahead
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Verdict:
    """`rule`: in a sentence, where it is not allowed. `when`: the first moment that it is, UTC."""

    allowed: bool
    rule: str = ""
    when: datetime | None = None


@dataclass(frozen=True)
class _Rule:
    """`hours` by weekday on one clock. `off`: days without any."""

    said: str
    zone: ZoneInfo
    window: Window | None
    company: Company

    def hours(self, day: date) -> Hours | None:
        if self.window is None:  # the company's own
            own = self.company.hours
            return None if self.company.is_holiday(day) else (MIDNIGHT, MIDNIGHT) if own is None else own.get(day.weekday())
        if not self.window.holidays and self.company.is_holiday(day):
            return None
        return self.window.days.get(day.weekday())

    def span(self, day: date) -> Span | None:
        hours = self.hours(day)
        if hours is None:
            return None
        first, last = hours
        end = day + timedelta(days=1) if last == MIDNIGHT else day
        return _moment(day, first, self.zone), _moment(end, last, self.zone)

    def holds(self, now: datetime) -> bool:
        span = self.span(now.astimezone(self.zone).date())
        return span is not None and span[0] <= now < span[1]

    def sentence(self, now: datetime) -> str:
        day = now.astimezone(self.zone).date()
        hours = self.hours(day)
        if hours is None:
            return f"{self.said} lets none be sent on {day:%A, %B} {day.day} ({self.zone.key})."
        return f"{self.said} lets them be sent from {hours[0]:%H:%M} to {hours[1]:%H:%M} ({self.zone.key})."


def verdict(now: datetime, place: Place, channel: str, purpose: str, company: Company) -> Verdict:
    """`channel`: sms or email; `purpose`: service or marketing."""
    rules = tuple(_rules(place, channel, purpose, company))
    broken = next((rule for rule in rules if not rule.holds(now)), None)
    if broken is None:
        return Verdict(True)
    when = _first(now, rules)
    if when is None:
        said = f"In {FAR} days no hour suits all rules: change MESSAGING_HOURS."
        return Verdict(False, f"{broken.sentence(now)} {said}", now.astimezone(UTC) + timedelta(days=FAR))
    return Verdict(False, broken.sentence(now), when)


def _rules(place: Place, channel: str, purpose: str, company: Company) -> Iterator[_Rule]:
    window = window_of(place, channel, purpose)
    if window is not None:
        for zone in zones_of(place):
            yield _Rule(window.name, zone, window, company)
    if company.hours is not None and (purpose == MARKETING or channel == "sms"):
        yield _Rule("The company", company.zone, None, company)


def _first(now: datetime, rules: Iterable[_Rule]) -> datetime | None:
    """The intersection of the rules' spans, by going through the days of the widest range of dates that any clock shows."""
    spans: list[Span] = [(now.astimezone(UTC), now.astimezone(UTC) + timedelta(days=FAR))]
    for rule in rules:
        spans = list(_both(spans, list(_days(now, rule))))
    return min((first for first, _ in spans), default=None)


def _days(now: datetime, rule: _Rule) -> Iterator[Span]:
    today = now.astimezone(rule.zone).date()
    for ahead in range(-1, FAR + 2):
        if (span := rule.span(today + timedelta(days=ahead))) is not None:
            yield span


def _both(some: Iterable[Span], others: list[Span]) -> Iterator[Span]:
    for first, last in some:
        for begin, end in others:
            if max(first, begin) < min(last, end):
                yield max(first, begin), min(last, end)


def _moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Of a time that the clocks show twice, the first; of one that they leave out, that much later."""
    return datetime.combine(day, clock, zone).astimezone(UTC)
