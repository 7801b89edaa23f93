"""What happened, by one table of rules: each transition is noted once, also where the mirror was behind for days.

A change of the event log says which fields differ; what the record was like before and after it follows from the record as it
is now and from the changes since. So a rule looks at two states, and several changes read at once are still several transitions.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from django.utils import timezone

from automation.workflows.entities import ENTITIES
from automation.workflows.models import Event, FeedPosition
from config import correlation
from config.feed.consumer import Caught, Follower
from config.feed.reader import ChangeRecord, history
from config.isolation.manifest import BY_NAME
from servicetitan.models import JobType, causes_of

ALIAS = BY_NAME["automation"].alias
Record = Mapping[str, Any]  # as ServiceTitan sends it
INSTALL = "install"


@dataclass(frozen=True)
class Seen:
    """A change of one record. `before` is None where it is new. `job_types`: names by id."""

    before: Record | None
    after: Record
    job_types: Mapping[int, str]


@dataclass(frozen=True)
class Rule:
    """`fields`: paths in the record whose values are kept with the event."""

    kind: str
    entity: str
    when: Callable[[Seen], bool]
    fields: tuple[str, ...] = ()


def _at(record: Record | None, path: str) -> Any:
    found: Any = record
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _new(seen: Seen) -> bool:
    return seen.before is None


def _became(path: str, *values: str) -> Callable[[Seen], bool]:
    """It is one of these now, and was not. The vendor writes "In Progress" and "InProgress": blanks and capitals say nothing."""

    def when(seen: Seen) -> bool:
        return _word(_at(seen.after, path)) in values and _word(_at(seen.before, path)) not in values

    return when


def _word(value: Any) -> str:
    return "".join(str(value).split()).lower() if isinstance(value, str) else ""


def _moved(path: str) -> Callable[[Seen], bool]:
    def when(seen: Seen) -> bool:
        there = _at(seen.after, path)
        return seen.before is not None and bool(there) and _at(seen.before, path) != there

    return when


def _paid(seen: Seen) -> bool:
    """Nothing is owed any more of what was."""
    total, owed = _money(_at(seen.after, "total")), _money(_at(seen.after, "balance"))
    return total > 0 and owed <= 0 and (seen.before is None or _money(_at(seen.before, "balance")) > 0)


def _money(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)


def _install(seen: Seen) -> bool:
    name = seen.job_types.get(int(_at(seen.after, "jobTypeId") or 0), "")
    return seen.before is None and INSTALL in name.lower()


_ESTIMATE = ("status.name", "subtotal", "jobId", "name")
_JOB = ("jobStatus", "jobTypeId", "jobNumber")
_VISIT = ("start", "status", "jobId")
_INVOICE = ("total", "balance", "dueDate", "referenceNumber")

RULES = (
    Rule("estimate.created", "estimate", _new, _ESTIMATE),
    Rule("estimate.sold", "estimate", _became("status.name", "sold"), _ESTIMATE),
    Rule("estimate.dismissed", "estimate", _became("status.name", "dismissed"), _ESTIMATE),
    Rule("job.created", "job", _new, _JOB),
    Rule("job.install_created", "job", _install, _JOB),
    Rule("job.scheduled", "job", _became("jobStatus", "scheduled"), _JOB),
    Rule("job.completed", "job", _became("jobStatus", "completed"), _JOB),
    Rule("job.canceled", "job", _became("jobStatus", "canceled"), _JOB),
    Rule("appointment.created", "appointment", _new, _VISIT),
    Rule("appointment.moved", "appointment", _moved("start"), _VISIT),
    Rule("appointment.canceled", "appointment", _became("status", "canceled"), _VISIT),
    Rule("invoice.created", "invoice", _new, _INVOICE),
    Rule("invoice.paid", "invoice", _paid, _INVOICE),
    Rule("customer.created", "customer", _new, ("name", "type")),
)
# Those whose time comes without any change: calendar.py.
TIMED = ("estimate.expiring", "appointment.tomorrow", "invoice.overdue", "customer.inactive")
KINDS = {rule.kind: rule.entity for rule in RULES} | {kind: kind.partition(".")[0] for kind in TIMED}
_BY_FEED = {entity.feed: entity for entity in ENTITIES.values()}
_FOLLOWER = Follower(FeedPosition, "events", tuple(_BY_FEED), ALIAS)


def catch_up(now: datetime) -> Caught:
    """Note what the event log tells. The first time only what comes from now on: nobody wants letters about last year."""
    return _FOLLOWER.catch_up(lambda changes: _note(changes, now), lambda: 0)


def _note(changes: Sequence[ChangeRecord], now: datetime) -> None:
    by_feed: dict[str, list[ChangeRecord]] = defaultdict(list)
    for change in changes:
        if change.kind != "deleted":
            by_feed[change.entity].append(change)
    brought_by = causes_of({change.position.txid: change.entity for change in changes})
    found = [event for feed, part in by_feed.items() for event in derived(feed, part, now, brought_by)]
    Event.objects.bulk_create(found, ignore_conflicts=True)


def derived(
    feed: str, changes: Sequence[ChangeRecord], now: datetime, brought_by: Mapping[int, str] = MappingProxyType({})
) -> list[Event]:
    """What these changes of one feed mean, not stored. `brought_by`: correlation ids by transaction."""
    entity = _BY_FEED[feed]
    ids = sorted({change.record_id for change in changes})
    rows = dict(entity.model._default_manager.filter(pk__in=ids).values_list("pk", "raw"))
    owners = dict(entity.model._default_manager.filter(pk__in=ids).values_list("pk", entity.customer))
    since = _changes_of(feed, ids)
    job_types = dict(JobType.objects.values_list("pk", "name")) if entity.name == "job" else {}
    found = []
    for change in changes:
        if change.record_id in rows:
            seen = _seen(change, rows[change.record_id], since.get(change.record_id, []), job_types)
            number = brought_by.get(change.position.txid, "")
            found += [_event(rule, change, seen, owners[change.record_id], now, number) for rule in RULES
                      if rule.entity == entity.name and rule.when(seen)]  # fmt: skip
    return found


def _changes_of(feed: str, ids: Sequence[int]) -> dict[int, list[ChangeRecord]]:
    """Every change of these records but their first, newest first."""
    found: dict[int, list[ChangeRecord]] = defaultdict(list)
    for change in history(feed, ids):
        found[change.record_id].append(change)
    return found


def _seen(change: ChangeRecord, raw: Record, since: Sequence[ChangeRecord], job_types: Mapping[int, str]) -> Seen:
    after = dict(raw)
    for later in since:
        if later.position <= change.position:
            break
        after = undone(after, later)
    before = None if change.kind == "inserted" else undone(after, change)
    return Seen(before, after, job_types)


def undone(record: Record, change: ChangeRecord) -> dict[str, Any]:
    """The record as it was before the change."""
    old, new = change.old or {}, change.new or {}
    return {name: value for name, value in record.items() if name not in new or name in old} | old


def _event(rule: Rule, change: ChangeRecord, seen: Seen, customer_id: int | None, now: datetime, number: str) -> Event:
    position = change.position
    data = {path: _plain(_at(seen.after, path)) for path in rule.fields}
    return Event(
        key=f"{rule.kind}:{change.record_id}:{position.txid}.{position.id}", kind=rule.kind, entity=rule.entity,
        entity_id=change.record_id, customer_id=customer_id, happened_at=change.changed_at, noted_at=now, data=data,
        correlation_id=number,
    )  # fmt: skip


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def note(kind: str, entity_id: int, customer_id: int | None, mark: str, now: datetime, data: dict[str, Any]) -> Event:
    """An event whose time has come. `mark` tells one occurrence from the next."""
    return Event(
        key=f"{kind}:{entity_id}:{mark}", kind=kind, entity=KINDS[kind], entity_id=entity_id, customer_id=customer_id,
        happened_at=now, noted_at=timezone.now(), data=data, correlation_id=correlation.current(),
    )  # fmt: skip
