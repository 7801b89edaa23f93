"""The rows of one object, with indexes and a journal from which a failed call is undone.

A state is a dict that is never changed in place: the journal keeps an older one for the price of a reference.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from salesforce.sandbox.org.ids import Ids

State = dict[str, Any]


@dataclass(slots=True)
class Record:
    state: State
    by: str  # who made it: org, api or human
    writes: int = 0  # changes by the API
    idle: int = 0  # of those, the ones that changed nothing

    @property
    def deleted(self) -> bool:
        return bool(self.state["IsDeleted"])


def fold(value: Any) -> str:
    """The form under which a value is indexed: what might match, before the switches have their say."""
    return str(value).strip().casefold()


class Journal:
    """What the call under way has changed, so that a part of it can be taken back."""

    def __init__(self) -> None:
        self._changes: list[tuple[Table, str, State | None]] = []

    def clear(self) -> None:
        self._changes.clear()

    def note(self, table: "Table", id: str, old: State | None) -> None:
        self._changes.append((table, id, old))

    def mark(self) -> int:
        return len(self._changes)

    def back_to(self, mark: int) -> None:
        while len(self._changes) > mark:
            table, id, old = self._changes.pop()
            table.restore(id, old)


class Table:
    def __init__(self, ids: Ids, journal: Journal, indexed: Iterable[str] = ()) -> None:
        self._ids = ids
        self._journal = journal
        self._records: dict[str, Record] = {}
        self._indexes: dict[str, dict[str, dict[str, None]]] = {}
        self.alive = 0
        for name in indexed:
            self.index(name)

    def index(self, name: str) -> None:
        """From now on rows are found by this field at once."""
        holders: dict[str, dict[str, None]] = {}
        for record in self._records.values():
            value = record.state.get(name)
            if value is not None and not record.deleted:
                holders.setdefault(fold(value), {})[record.state["Id"]] = None
        self._indexes[name] = holders

    def forget(self, name: str) -> None:
        """A field and its values are gone."""
        self._indexes.pop(name, None)
        for record in self._records.values():
            record.state = {field: value for field, value in record.state.items() if field != name}

    def add(self, state: State, by: str) -> State:
        state = {"Id": self._ids.next(), **state}
        self._journal.note(self, state["Id"], None)
        self._records[state["Id"]] = Record(state, by)
        self._enter(state)
        return state

    def put(self, state: State) -> None:
        record = self._records[state["Id"]]
        self._journal.note(self, state["Id"], record.state)
        self._leave(record.state)
        record.state = state
        self._enter(state)

    def restore(self, id: str, old: State | None) -> None:
        record = self._records[id]
        self._leave(record.state)
        if old is None:
            del self._records[id]
        else:
            record.state = old
            self._enter(old)

    @property
    def made(self) -> int:
        """Ids so far."""
        return self._ids.made

    def refill(self, states: Iterable[tuple[State, str]], made: int) -> None:
        """With the rows of a table like this one that is no more: (state, who made it)."""
        for state, by in states:
            self._records[state["Id"]] = Record(state, by)
            self._enter(state)
        self._ids.made = made

    def get(self, id: str) -> Record | None:
        """Deleted ones included."""
        return self._records.get(id)

    def by(self, name: str, value: Any) -> list[State]:
        """Living rows whose indexed field may have this value, oldest first."""
        return [self._records[id].state for id in sorted(self._indexes[name].get(fold(value), ()))]

    def has_index(self, name: str) -> bool:
        return name in self._indexes

    def all(self) -> Iterator[State]:
        return (record.state for record in self._records.values() if not record.deleted)

    def ever(self) -> Iterator[Record]:
        """Deleted ones included, oldest first."""
        return iter(self._records.values())

    def _enter(self, state: State) -> None:
        if state["IsDeleted"]:
            return
        self.alive += 1
        for name, holders in self._indexes.items():
            if state.get(name) is not None:
                holders.setdefault(fold(state[name]), {})[state["Id"]] = None

    def _leave(self, state: State) -> None:
        if state["IsDeleted"]:
            return
        self.alive -= 1
        for name, holders in self._indexes.items():
            if state.get(name) is not None:
                ids = holders[fold(state[name])]
                ids.pop(state["Id"], None)
                if not ids:
                    del holders[fold(state[name])]
