"""Records with indexes, and what a search that lags behind still believes about them.

A state is a dict that is never changed in place, so that an older one can be kept for the price of a
reference. Every operation costs the same with ten records as with a hundred thousand; only a search by
something that has no index looks at all of them.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from config.sandbox.clock import Clock
from config.sandbox.moments import SECOND

State = dict[str, Any]
Keys = Mapping[str, Callable[[State], Iterable[str]]]
_LONGEST_LAG = 600 * SECOND


@dataclass(slots=True)
class Record:
    number: int
    state: State  # the last one, also of a deleted record
    by: str  # who made it: api or human
    alive: bool = True
    versions: list[tuple[int, State | None]] = field(default_factory=list)  # (since, state), the youngest last


class Records:
    """`keys` gives, for each index, the values under which a state is found."""

    def __init__(self, clock: Clock, keys: Keys) -> None:
        self._clock = clock
        self._keys = keys
        self._indexes: dict[str, dict[str, dict[str, None]]] = {name: {} for name in keys}
        self._records: dict[str, Record] = {}
        self._order: list[Record] = []
        self._recent: deque[tuple[int, str]] = deque()
        self.alive = 0
        self.changes = 0

    def add(self, state: State, by: str) -> None:
        self._remember(self._append(state, by), state)

    def restore(self, state: State, by: str, *, alive: bool) -> None:
        """A record of an earlier process: every search has known it for long."""
        record = self._append(state, by)
        record.versions.append((0, state if alive else None))
        if not alive:
            self._bury(record)

    def put(self, state: State) -> None:
        record = self._records[state["id"]]
        self._forget(record.state)
        record.state = state
        self.changes += 1
        self._index(state)
        self._remember(record, state)

    def remove(self, id: str) -> None:
        record = self._records[id]
        self._bury(record)
        self._remember(record, None)

    def get(self, id: str) -> State | None:
        record = self._records.get(id)
        return record.state if record is not None and record.alive else None

    def by(self, index: str, value: str) -> list[State]:
        """The truth, oldest first."""
        return [self._records[id].state for id in self._indexes[index].get(value, ())]

    def all(self) -> Iterator[State]:
        return (record.state for record in self._order if record.alive)

    def ever(self) -> Iterator[Record]:
        """Deleted ones included."""
        return iter(self._order)

    def found(self, index: str, value: str, lag: float) -> list[State]:
        """What a search by an index may find, newest first: the caller filters what it believes by now."""
        ids = self._late(lag) | set(self._indexes[index].get(value, ()))
        seen = ((self._records[id].number, self.seen(id, lag)) for id in ids)
        return [state for _, state in sorted(((n, s) for n, s in seen if s), key=lambda pair: -pair[0])]

    def walk(self, lag: float, after: str | None = None) -> Iterator[State]:
        """All that a search knows, newest first, from behind a record on."""
        if after is not None and after not in self._records:
            return
        start = self._records[after].number if after is not None else len(self._order)
        for number in range(start - 1, -1, -1):
            state = self._seen(self._order[number], lag)
            if state is not None:
                yield state

    def seen(self, id: str, lag: float) -> State | None:
        record = self._records.get(id)
        return None if record is None else self._seen(record, lag)

    def count(self, lag: float) -> int:
        """How many a search knows."""
        late = self._late(lag)
        known = sum(self.seen(id, lag) is not None for id in late)
        return self.alive - sum(self._records[id].alive for id in late) + known

    def _late(self, lag: float) -> set[str]:
        """What was written so lately that a search does not know it yet."""
        horizon = self._clock.ticks() - lag * SECOND
        return {id for _, id in takewhile(lambda write: write[0] > horizon, reversed(self._recent))}

    def _seen(self, record: Record, lag: float) -> State | None:
        horizon = self._clock.ticks() - lag * SECOND
        for since, state in reversed(record.versions):
            if since <= horizon:
                return state
        return None

    def _remember(self, record: Record, state: State | None) -> None:
        now = self._clock.ticks()
        versions = record.versions
        while len(versions) > 1 and versions[1][0] <= now - _LONGEST_LAG:
            versions.pop(0)
        versions.append((now, state))
        self._recent.append((now, record.state["id"]))
        while self._recent[0][0] <= now - _LONGEST_LAG:
            self._recent.popleft()

    def _append(self, state: State, by: str) -> Record:
        record = Record(len(self._order), state, by)
        self._records[state["id"]] = record
        self._order.append(record)
        self.alive += 1
        self._index(state)
        return record

    def _bury(self, record: Record) -> None:
        record.alive = False
        self.alive -= 1
        self._forget(record.state)

    def _index(self, state: State) -> None:
        for name, values in self._keys.items():
            for value in values(state):
                self._indexes[name].setdefault(value, {})[state["id"]] = None

    def _forget(self, state: State) -> None:
        for name, values in self._keys.items():
            for value in values(state):
                holders = self._indexes[name][value]
                holders.pop(state["id"], None)
                if not holders:
                    del self._indexes[name][value]
