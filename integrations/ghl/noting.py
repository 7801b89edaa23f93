"""Noting what GoHighLevel has: one record that was read there, held against the row that stands for it.

Others note at the same time: the push after each call. So a row changes only where nobody has seen the record later, and a
card's place is judged only by where it was put when the record was read.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations.ghl.models import Opportunity, Pushed, SyncLog, SyncRun
from integrations.ghl.push.consume import ALIAS
from integrations.ghl.push.contacts import SEEN as CONTACT_FIELDS
from integrations.ghl.push.keep import kind_of
from integrations.ghl.push.opportunities import PLACE, is_moved
from integrations.ghl.push.opportunities import SEEN as CARD_FIELDS
from integrations.ghl.versions import read_dnd

Record = dict[str, Any]
State, Act = Pushed.State, SyncLog.Act

GONE = "The {} was deleted at GoHighLevel. Nothing is sent until somebody decides to make it again."
MOVED = "Somebody moved the card at GoHighLevel: its stage stays theirs."
_RESTLESS = ("dateUpdated", "updatedAt")  # moments: a record that differs in nothing else has not changed
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def columns(row: Pushed, record: Record, *, whole: bool) -> Record:
    """What the row would hold. `whole`: read by its id; searches may leave the do-not-disturb settings out: then they stay."""
    if isinstance(row, Opportunity):
        return _card(row, record)
    found: Record = {"remote": _kept(record, CONTACT_FIELDS)}
    if "dnd" in record:
        found["dnd"] = bool(record["dnd"])
    if whole or "dndSettings" in record:
        found["dnd_settings"] = read_dnd(record)
    return found


def _card(row: Opportunity, record: Record) -> Record:
    moved = bool(row.pipeline_id) and is_moved(row, record)
    found: Record = {"remote": _kept(record, CARD_FIELDS), "moved_by_human": moved}
    if row.state == State.SENT and row.reason in ("", MOVED):
        found["reason"] = MOVED if moved else ""
    return found


def _kept(record: Record, names: tuple[str, ...]) -> Record:
    return {name: record[name] for name in names if name in record}


def changes(row: Pushed, found: Record) -> Record:
    """Of `found`, what the row does not hold yet."""
    return {name: value for name, value in found.items() if not _same(getattr(row, name), value)}


def _same(one: Any, other: Any) -> bool:
    return bool(_settled(one) == _settled(other))


def _settled(value: Any) -> Any:
    """What is absent, null and empty is the same to the vendor."""
    if isinstance(value, dict):
        value = {name: part for name, part in value.items() if name not in _RESTLESS and part not in _EMPTY}
    return None if value in _EMPTY else value


def rows_as_read(row: Pushed, began: datetime) -> "QuerySet[Any]":
    """The row, as long as nobody has seen the record after `began`, nor put the card elsewhere meanwhile."""
    rows = type(row)._default_manager.filter(pk=row.pk, ghl_id=row.ghl_id)
    rows = rows.filter(Q(seen_at__isnull=True) | Q(seen_at__lt=began))
    return rows.filter(**{name: getattr(row, name) for name in PLACE.values()}) if isinstance(row, Opportunity) else rows


def note(row: Pushed, found: Record, began: datetime) -> bool:
    """`found`: of `columns`, from a record that was asked for at `began`. False: somebody else saw it later, so look again."""
    values = changes(row, found) | {"seen_at": began}
    if row.gone_at is not None:  # it was restored there
        values |= {"gone_at": None, "state": State.PENDING, "reason": "", "due_at": timezone.now(), "sent_hash": ""}
    return bool(rows_as_read(row, began).update(**values))


def note_gone(row: Pushed, began: datetime, run: SyncRun | None = None) -> bool:
    """It was asked for at `began`, and there is none. False: somebody else has seen it, or the row is another's by now."""
    if row.gone_at is not None:
        return True
    reason = GONE.format(kind_of(row))
    values = {"gone_at": timezone.now(), "state": State.CONFLICT, "reason": reason, "remote": None, "seen_at": began}
    with transaction.atomic(using=ALIAS):
        noted = bool(rows_as_read(row, began).update(due_at=None, **values))
        if noted:
            log(row, Act.NOTHING, State.CONFLICT, reason, run)
    return noted


def log(row: Pushed, act: str, state: str, reason: str, run: SyncRun | None, ghl_id: str | None = None) -> None:
    """A line for what changed a row's fate; what only changed at GoHighLevel leaves none."""
    SyncLog.objects.create(
        run=run, at=timezone.now(), kind=kind_of(row), record_id=row.pk, ghl_id=ghl_id or row.ghl_id, act=act, state=state,
        reason=reason, attempts=row.attempts,
    )  # fmt: skip
