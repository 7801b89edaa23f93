"""A consumer's place in the event log, in its own schema: what a change means to it and its position commit together.

Marking the same record twice is one look, so that replay from any position is safe.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import models, transaction
from django.utils import timezone

from config.feed.reader import ChangeRecord, Position, head, read

AT_A_TIME = 2000


class FeedPosition(models.Model):
    """Abstract. Everything up to here is noted in the consumer's own tables. A table with such a name keeps the log for it."""

    consumer = models.TextField(primary_key=True)
    txid = models.BigIntegerField()
    change_id = models.BigIntegerField(db_column="id")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.consumer


@dataclass(frozen=True)
class Caught:
    """What was read of the log: how many changes, and of which transactions. None: of none that the log tells."""

    changes: int = 0
    first_txid: int | None = None
    last_txid: int | None = None

    def then(self, part: "Caught") -> "Caught":
        first = self.first_txid if self.first_txid is not None else part.first_txid
        last = part.last_txid if part.last_txid is not None else self.last_txid
        return Caught(self.changes + part.changes, first, last)


@dataclass(frozen=True)
class Follower:
    """`begin` is called instead of `mark` by the first run, which looks at everything there is, and returns how much that is."""

    positions: type[FeedPosition]
    consumer: str
    entities: Sequence[str]
    alias: str

    def catch_up(
        self,
        mark: Callable[[list[ChangeRecord]], None],
        begin: Callable[[], int],
        told: Callable[[int], None] = lambda count: None,
    ) -> Caught:
        """Mark everything that changed; `told` hears how many changes each part of it was. Raises PositionFromElsewhere."""
        total = Caught()
        while (part := self._next(mark, begin)).changes:
            total = total.then(part)
            told(part.changes)
            if part.changes < AT_A_TIME:
                break
        return total

    def _next(self, mark: Callable[[list[ChangeRecord]], None], begin: Callable[[], int]) -> Caught:
        rows = self.positions._default_manager
        with transaction.atomic(using=self.alias):
            row = rows.select_for_update().filter(pk=self.consumer).first()
            if row is None:
                position = head()
                rows.create(consumer=self.consumer, txid=position.txid, change_id=position.id)
                return Caught(begin())
            stands, everything = Position(row.txid, row.change_id), head()  # asked first: what lies before it, the read sees
            changes = read(stands, AT_A_TIME, self.entities)
            if changes:
                mark(changes)
            reached = _reached(changes, everything)
            if reached > stands:
                rows.filter(pk=self.consumer).update(txid=reached.txid, change_id=reached.id, updated_at=timezone.now())
        return Caught(len(changes), changes[0].position.txid, changes[-1].position.txid) if changes else Caught()


def _reached(changes: Sequence[ChangeRecord], everything: Position) -> Position:
    """Where there is no more for it, it is past the changes that are none of its own as well: else it would read over them
    each time, and seem to lag behind."""
    if len(changes) == AT_A_TIME:
        return changes[-1].position
    return max([everything, *(change.position for change in changes[-1:])])
