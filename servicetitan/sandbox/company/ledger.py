"""One entity's records at the present moment: the base history below, what has changed since above.

Memory grows with the number of changes only. A record stands at one place in the order of
modification: its base position until it changes, then the position of its latest log entry.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from servicetitan.sandbox.company.hashing import Ids


class Record(Protocol):
    @property
    def position(self) -> int: ...

    @property
    def modified(self) -> int: ...


R = TypeVar("R", bound=Record)


class Ledger(Generic[R]):
    def __init__(
        self, name: str, ids: Ids, base: int, load: Callable[[int], R], modified: Callable[[int], int]
    ) -> None:
        self.name = name
        self.ids = ids
        self.base = base
        self.total = base  # positions given out so far, hard-deleted ones included
        self._load = load
        self._base_modified = modified
        self.forget()

    def forget(self) -> None:
        """Back to the base history."""
        self.total = self.base
        self._current: dict[int, R] = {}
        self._place: dict[int, int] = {}
        self._log = array("q")
        self._log_modified = array("q")
        self.gone: set[int] = set()

    # reading

    def get(self, index: int) -> R:
        found = self._current.get(index)
        return self._load(index) if found is None else found

    def exists(self, index: int) -> bool:
        return 0 <= index < self.total and index not in self.gone

    def find(self, number: int) -> R | None:
        """The record with this id, if there is one now."""
        index = self.ids.index(number)
        return self.get(index) if index is not None and self.exists(index) else None

    def changed(self, index: int) -> bool:
        return index in self._current

    def all(self) -> Iterator[R]:
        return (self.get(index) for index in range(self.total) if index not in self.gone)

    @property
    def count(self) -> int:
        return self.total - len(self.gone)

    @property
    def changes(self) -> int:
        """How often anything changed: the version of this entity as a whole."""
        return len(self._log) + len(self.gone)

    # writing

    def new_index(self) -> int:
        self.total += 1
        return self.total - 1

    def put(self, record: R) -> None:
        """Times of changes never go back, so the log is sorted as it grows."""
        self._current[record.position] = record
        self._place[record.position] = len(self._log)
        self._log.append(record.position)
        self._log_modified.append(record.modified)

    def remove(self, index: int) -> None:
        """Physically gone: no tombstone anywhere (contract section 2.4)."""
        self.gone.add(index)

    # the order of modification

    @property
    def end(self) -> int:
        """One past the last position in the order."""
        return self.base + len(self._log)

    def position_at(self, moment: int) -> int:
        """First position modified at that moment or later."""
        if self.base and moment <= self._base_modified(self.base - 1):
            return bisect_left(range(self.base), moment, key=self._base_modified)
        return self.base + bisect_left(self._log_modified, moment)

    def standing_at(self, position: int) -> R | None:
        """The record whose place this is; None when it has moved on or is gone."""
        if position < self.base:
            return None if position in self._current or position in self.gone else self._load(position)
        entry = position - self.base
        index = self._log[entry]
        if self._place[index] != entry or index in self.gone:
            return None
        return self._current[index]
