"""The rest of long results, under the ids that nextRecordsUrl names."""

from typing import Any, NamedTuple

from config.sandbox.moments import HOUR
from salesforce.sandbox.org.ids import Ids

_KEPT = 50  # results remembered at a time


class Result(NamedTuple):
    rows: list[dict[str, Any]]
    made: int


class Locators:
    def __init__(self, seed: int) -> None:
        self._ids = Ids(seed, "01g")
        self._results: dict[str, Result] = {}

    def forget(self) -> None:
        self._results.clear()

    def keep(self, rows: list[dict[str, Any]], now: int) -> str:
        id = self._ids.next()
        self._results[id] = Result(rows, now)
        while len(self._results) > _KEPT:
            del self._results[next(iter(self._results))]
        return id

    def find(self, id: str, now: int, hours: float) -> list[dict[str, Any]] | None:
        found = self._results.get(id)
        return found.rows if found is not None and now - found.made < hours * HOUR else None
