"""Paged lists and single records (contract sections 2.1 and 2.2)."""

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from config.sandbox.http import Answer, Request, json_answer
from servicetitan.sandbox.api import query
from servicetitan.sandbox.api.errors import not_found
from servicetitan.sandbox.api.filters import Filter
from servicetitan.sandbox.company.company import Company, Row
from servicetitan.sandbox.company.ledger import Ledger
from servicetitan.sandbox.dirt import Dirt
from servicetitan.sandbox.switches import Switches

SORTS = ("Id", "ModifiedOn", "CreatedOn")
_URGENCY = {"Low": 0, "Normal": 1, "High": 2, "Urgent": 3}
_REMEMBERED = 4
Active = Callable[[Request, Switches], bool | None]
Narrow = Callable[[Request], Iterable[int] | None]


def any_activity(request: Request, switches: Switches) -> bool | None:
    return None


def active_only(request: Request, switches: Switches) -> bool | None:
    return query.active_filter(request, "True")


def invoice_activity(request: Request, switches: Switches) -> bool | None:
    return query.active_state(request, switches.invoices_active_default)


class Listing:
    """One entity's list. Without another order rows come newest id first, as seen on live tenants.

    `narrow` names the few records a filter can match, where that is known without looking at all.
    """

    def __init__(
        self,
        company: Company,
        entity: str,
        filters: tuple[Filter, ...],
        *,
        active: Active = active_only,
        sorts: tuple[str, ...] = SORTS,
        narrow: Narrow | None = None,
        trim: Callable[[Row], Row] = lambda row: row,
        missing: Callable[[Switches], int] = lambda switches: 404,
    ) -> None:
        self._company = company
        self._entity = entity
        self._ledger: Ledger[Any] = company.state.ledgers[entity]
        self._filters = filters
        self._active = active
        self._sorts = sorts
        self._narrow = narrow
        self._trim = trim
        self._missing = missing
        self._found: OrderedDict[tuple[object, ...], Sequence[int]] = OrderedDict()

    def __call__(self, request: Request, switches: Switches) -> Answer:
        paging = query.paging(request)
        with self._company.lock:
            self._company.now()
            ranks = self._remembered(request, switches)
            first = (paging.page - 1) * paging.size
            rows = [self._row(rank) for rank in ranks[first : first + paging.size]]
        rows = [Dirt(switches).row(self._entity, row) for row in rows]
        return envelope(paging, rows, len(ranks))

    def one(self, request: Request, switches: Switches, number: int) -> Answer:
        row = self._company.record(self._entity, number)
        if row is None:
            raise not_found(self._entity[:1].upper() + self._entity[1:-1], number, self._missing(switches))
        return json_answer(Dirt(switches).row(self._entity, self._trim(row)))

    def _row(self, rank: int) -> Row:
        record = self._ledger.get(self._ledger.ids.at_rank(rank))
        return self._trim(self._company.render(self._entity, record))

    def _remembered(self, request: Request, switches: Switches) -> Sequence[int]:
        """The next page of the same question needs no second search, as long as nothing has changed."""
        apart = ("page", "pageSize", "includeTotal")
        asked = tuple(sorted((name, *values) for name, values in request.query.items() if name not in apart))
        changes = sum(ledger.changes for ledger in self._company.state.ledgers.values())
        key = (asked, switches, changes)
        if key not in self._found:
            self._found[key] = self._search(request, switches)
            if len(self._found) > _REMEMBERED:
                self._found.popitem(last=False)
        return self._found[key]

    def _search(self, request: Request, switches: Switches) -> Sequence[int]:
        """Places in id order of the matching records, sorted as asked."""
        order = query.sort(request, self._sorts) or query.Sort("Id", True)
        tests = [*self._by_record(request, switches), *self._by_row(request)]
        wanted = self._candidates(request)
        total = self._ledger.total
        if wanted is None and not tests and not self._ledger.gone and order.field == "Id":
            return range(total - 1, -1, -1) if order.descending else range(total)
        ranks: Iterable[int] = range(total) if wanted is None else sorted(wanted)
        found = array("q", (rank for rank in ranks if self._passes(rank, tests)))
        return sorted(found, key=self._order(order.field), reverse=order.descending)

    def _candidates(self, request: Request) -> set[int] | None:
        ids = query.integers(request, "ids")
        few = self._narrow(request) if self._narrow else None
        places = [self._ledger.ids.index(number) for number in ids] if ids is not None else few
        if places is None:
            return None
        return {self._ledger.ids.rank(place) for place in places if place is not None}

    def _passes(self, rank: int, tests: list[Callable[[Any], bool]]) -> bool:
        index = self._ledger.ids.at_rank(rank)
        if not self._ledger.exists(index):
            return False
        record = self._ledger.get(index)
        return all(test(record) for test in tests)

    def _by_record(self, request: Request, switches: Switches) -> list[Callable[[Any], bool]]:
        """What can be told without rendering: activity and the two times."""
        tests: list[Callable[[Any], bool]] = []
        wanted = self._active(request, switches)
        if wanted is not None:
            tests.append(lambda record: record.active == wanted)
        for parameter, test in _TIMES:
            moment = query.moment(request, parameter)
            if moment is not None:
                tests.append(lambda record, test=test, moment=moment: test(record, moment))  # type: ignore[misc]
        return tests

    def _by_row(self, request: Request) -> list[Callable[[Any], bool]]:
        given = [(one.keeps, one.read(request, one.parameter)) for one in self._filters]
        asked = [(keeps, value) for keeps, value in given if value is not None]
        if not asked:
            return []

        def passes(record: Any) -> bool:
            row = self._company.render(self._entity, record)
            return all(keeps(row, value) for keeps, value in asked)

        return [passes]

    def _order(self, field: str) -> Callable[[int], Any]:
        if field == "Id":
            return lambda rank: rank
        if field == "Priority":
            return lambda rank: (_URGENCY[self._row(rank)["priority"]], rank)
        name = "modified" if field == "ModifiedOn" else "created"
        return lambda rank: (getattr(self._ledger.get(self._ledger.ids.at_rank(rank)), name), rank)


_TIMES: tuple[tuple[str, Callable[[Any, int], bool]], ...] = (
    ("createdOnOrAfter", lambda record, moment: record.created >= moment),
    ("createdBefore", lambda record, moment: record.created < moment),
    ("modifiedOnOrAfter", lambda record, moment: record.modified >= moment),
    ("modifiedBefore", lambda record, moment: record.modified < moment),
)


def envelope(paging: query.Paging, rows: list[Row], total: int) -> Answer:
    more = total > paging.page * paging.size
    count = total if paging.total else None
    return json_answer(
        {"page": paging.page, "pageSize": paging.size, "hasMore": more, "totalCount": count, "data": rows}
    )
