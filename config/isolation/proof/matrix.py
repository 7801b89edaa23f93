"""The results as a picture: one line a unit, one column a place, one word a cell."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from config.isolation.manifest import SCHEMAS, UNITS, Unit
from config.isolation.proof.acts import Result

BEYOND = "beyond"  # of the database: what lies outside every schema
COLUMNS = (*SCHEMAS, BEYOND, "redis", "http", "process")
TITLES = {BEYOND: "server", "redis": "Redis", "http": "HTTP", "process": "process"}
MEANING = (
    ("own", "what is the unit's own: everything it may do was tried and works, everything else is refused"),
    ("reads", "reading works, every way to write is refused"),
    ("people", "the tables that people change through the admin: writing them works, every other way to write is refused"),
    ("closed", "every act was refused"),
    ("SURPRISE", "something got through that must not, or failed that must work"),
)


@dataclass(frozen=True)
class Cell:
    """`word` says it all; `refused` and `worked` are how many acts ended so; `surprises` how many should not have."""

    word: str
    refused: int
    worked: int
    surprises: int


def column_of(result: Result) -> str:
    if result.act.fence == "database":
        return result.act.place if result.act.place in SCHEMAS else BEYOND
    return result.act.fence


def matrix(results: Iterable[Result]) -> dict[str, dict[str, Cell]]:
    """unit -> column -> cell."""
    sorted_in: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        sorted_in[result.act.unit, column_of(result)].append(result)
    return {u.name: {c: _cell(u, c, sorted_in[u.name, c]) for c in COLUMNS if sorted_in[u.name, c]} for u in UNITS}


def _cell(unit: Unit, column: str, results: Sequence[Result]) -> Cell:
    worked = sum(1 for result in results if result.worked)
    surprises = sum(1 for result in results if result.surprise)
    return Cell("SURPRISE" if surprises else _word(unit, column, results), len(results) - worked, worked, surprises)


def _word(unit: Unit, column: str, results: Sequence[Result]) -> str:
    if column == unit.schema or (column not in (*SCHEMAS, BEYOND) and any(result.worked for result in results)):
        return "own"
    if any(name.startswith(f"{column}.") for name in (*unit.peoples_tables, *unit.inboxes)):
        return "people"
    return "reads" if column in unit.reads else "closed"


def as_json(found: dict[str, dict[str, Cell]]) -> dict[str, dict[str, Any]]:
    return {unit: {column: vars(cell) for column, cell in cells.items()} for unit, cells in found.items()}


def surprises(results: Iterable[Result]) -> list[dict[str, Any]]:
    """What must be looked at, for people and machines."""
    return [
        {**vars(result.act), "worked": result.worked, "detail": result.detail} for result in results if result.surprise
    ]
