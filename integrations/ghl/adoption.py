"""Records at GoHighLevel that no row stands for, and that carry our number in a custom field.

Where the number's row has no record, or its record was deleted (merged into this one, say), the record is its. Where the row
has another one that is there, there are two, and a person must look.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connections, transaction
from django.db.models import Q
from django.utils import timezone

from config.isolation.egress.retries import Stats
from integrations.ghl.client import Client
from integrations.ghl.mapping.contacts import CUSTOMER_FIELD
from integrations.ghl.mapping.opportunities import ESTIMATE_FIELD
from integrations.ghl.models import Account, Contact, Opportunity, Pushed, SyncRun
from integrations.ghl.noting import Act, Record, State, columns, log, note_gone
from integrations.ghl.push.consume import ALIAS
from integrations.ghl.push.opportunities import PLACE
from integrations.ghl.versions import read_custom_fields

TWICE = "GoHighLevel has it twice"  # begins the reason of a duplicate
SETTLED_AFTER = timedelta(minutes=10)  # a create that left is the push's to settle, for so long
_WAKE = """
UPDATE integrations.ghl_opportunities SET due_at = now() WHERE st_customer_id = %s AND ghl_id IS NULL AND draft_id IS NULL
"""


@dataclass(frozen=True)
class Twin:
    """A row's record, and another one with its number."""

    row: Pushed
    other: str

    def words(self) -> str:
        return f"{TWICE}: {self.row.ghl_id} and {self.other} carry the same number. Merge or delete one of them there."


@dataclass
class Adopted:
    """What became of some records."""

    adopted: int = 0
    strangers: int = 0
    twins: list[Twin] = field(default_factory=list)


@dataclass
class Adoption:
    """Of one kind of record. `get` reads one by its id."""

    model: type[Contact] | type[Opportunity]
    get: Callable[[str], Record | None]
    run: SyncRun | None = None

    def __post_init__(self) -> None:
        key = CUSTOMER_FIELD if self.model is Contact else ESTIMATE_FIELD
        account = Account.objects.filter(pk=settings.GHL_LOCATION_ID).first()
        self.our_field = str(account.fields.get(key, "")) if account else ""

    def number(self, record: Record) -> int | None:
        """Ours, in its custom field."""
        value = str(read_custom_fields(record).get(self.our_field) or "") if self.our_field else ""
        return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None

    def look_at(self, records: Iterable[Record], began: datetime) -> Adopted:
        """Records that no row stands for. Twins are given back: whether they are some has to be asked."""
        numbered = [(record, self.number(record)) for record in records]
        rows = self._rows({number for _, number in numbered if number is not None})
        done = Adopted()
        for record, number in numbered:
            row = rows.get(number) if number is not None else None
            if row is None:
                done.strangers += 1
            elif row.ghl_id and row.gone_at is None:
                done.twins.append(Twin(row, str(record["id"])))
            elif self._adopt(row, record, began):
                done.adopted += 1
                row.ghl_id, row.gone_at = str(record["id"]), None  # for a second one of the same number
            else:
                done.strangers += 1
        return done

    def _rows(self, numbers: set[int]) -> dict[int, Pushed]:
        if self.model is Contact:
            return {row.pk: row for row in Contact.objects.filter(pk__in=numbers)}
        rows = Opportunity.objects.filter(Q(slot__in=numbers) | Q(st_estimate_id__in=numbers))
        shown: dict[int, Pushed] = {row.st_estimate_id: row for row in rows if row.st_estimate_id}
        return shown | {row.slot: row for row in rows if row.slot}

    def _adopt(self, row: Pushed, record: Record, began: datetime) -> bool:
        """The push looks at it next. Not while it is about to make one itself: then this may be that one."""
        now = timezone.now()
        settled = Q(intent_at__isnull=True) | Q(intent_at__lt=now - SETTLED_AFTER)
        free = self.model._default_manager.filter(Q(ghl_id__isnull=True) | Q(gone_at__isnull=False), settled, pk=row.pk)
        values: dict[str, Any] = {
            **columns(row, record, whole=False), "ghl_id": record["id"], "adopted": True, "gone_at": None, "intent_at": None,
            "state": State.PENDING, "reason": "", "sent_hash": "", "seen_at": began, "due_at": now,
        }  # fmt: skip
        if isinstance(row, Opportunity):
            values |= {"moved_by_human": False} | {column: str(record.get(name) or "") for name, column in PLACE.items()}
        try:
            with transaction.atomic(using=ALIAS):
                if not free.update(**values):
                    return False
                log(row, Act.ADOPT, State.PENDING, "It carries our number.", self.run, str(record["id"]))
                if isinstance(row, Contact):
                    with connections[ALIAS].cursor() as cursor:
                        cursor.execute(_WAKE, [row.pk])
        except IntegrityError:  # it has become another row's meanwhile
            return False
        return True

    def settle(self, twin: Twin) -> str:
        """"twice", or "adopted" where the row's own is gone, or "" where neither is so any more."""
        row = self.model._default_manager.filter(pk=twin.row.pk, ghl_id=twin.row.ghl_id).first()
        if row is None or row.ghl_id is None:
            return ""
        began = timezone.now()
        if self.get(row.ghl_id) is None:
            return self._inherit(row, twin, began)
        if (record := self.get(twin.other)) is None or self.number(record) != number_of(row):
            return ""
        words = twin.words()
        if (row.state, row.reason) != (State.CONFLICT, words):
            with transaction.atomic(using=ALIAS):
                self.model._default_manager.filter(pk=row.pk).update(state=State.CONFLICT, reason=words)
                log(row, Act.NOTHING, State.CONFLICT, words, self.run)
        return "twice"

    def _inherit(self, row: Pushed, twin: Twin, began: datetime) -> str:
        if not note_gone(row, began, self.run):
            return ""
        began = timezone.now()
        record = self.get(twin.other)
        return "adopted" if record is not None and self.look_at([record], began).adopted else ""


def number_of(row: Pushed) -> int | None:
    """What our custom field of its record says."""
    if isinstance(row, Opportunity):
        return row.st_estimate_id or row.slot or None
    return int(row.pk)


def of_contacts(client: Client, stats: Stats, run: SyncRun | None = None) -> Adoption:
    return Adoption(Contact, partial(client.contact, stats=stats), run)


def of_opportunities(client: Client, stats: Stats, run: SyncRun | None = None) -> Adoption:
    return Adoption(Opportunity, partial(client.opportunity, stats=stats), run)
