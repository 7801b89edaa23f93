"""What the export feeds walk along: records in the order of their last change."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from config.sandbox import moments
from servicetitan.sandbox.company.company import Company, Row
from servicetitan.sandbox.company.ledger import Ledger

Keep = Callable[[Any], bool]
Render = Callable[[Any], list[Row]]


class Batch(NamedTuple):
    rows: list[Row]
    next: int  # where the following batch starts
    more: bool


class Feed(Protocol):
    def start(self, moment: int) -> int:
        """First position changed at that moment or later."""
        ...

    def take(self, position: int, limit: int, horizon: int, keep: Keep | None) -> Batch:
        """Up to `limit` records from a position, none changed after the horizon."""
        ...


class LedgerFeed:
    """An entity that lives. `render` makes the rows of one record (invoice items: several)."""

    def __init__(self, company: Company, entity: str, render: Render | None = None) -> None:
        self._ledger: Ledger[Any] = company.state.ledgers[entity]
        self._render = render or (lambda record: [company.render(entity, record)])

    def start(self, moment: int) -> int:
        return self._ledger.position_at(moment)

    def take(self, position: int, limit: int, horizon: int, keep: Keep | None) -> Batch:
        end = self._ledger.position_at(horizon + 1)
        rows: list[Row] = []
        while position < end:
            record = self._ledger.standing_at(position)
            if record is not None and (keep is None or keep(record)):
                if len(rows) >= limit:
                    return Batch(rows, position, True)
                rows += self._render(record)
            position += 1
        return Batch(rows, position, False)


class FixedFeed:
    """A short list that does not change."""

    def __init__(self, company: Company, entity: str) -> None:
        self._rows = sorted(company.fixed(entity), key=lambda row: moments.parse(row["modifiedOn"]) or 0)
        self._moments = [moments.parse(row["modifiedOn"]) or 0 for row in self._rows]

    def start(self, moment: int) -> int:
        return sum(1 for changed in self._moments if changed < moment)

    def take(self, position: int, limit: int, horizon: int, keep: Keep | None) -> Batch:
        rows = [dict(row) for row in self._rows[position : position + limit]]
        following = max(position, position + len(rows))
        return Batch(rows, following, following < len(self._rows))
