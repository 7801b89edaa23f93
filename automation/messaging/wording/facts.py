"""The values that a template may name, of given records: one query, however many they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from automation.messaging.wording.names import KNOWN, Name, Value
from automation.workflows.entities import ENTITIES

Facts = dict[str, dict[str, Value]]
_TOLD_OF = {"job": ("job_type", "business_unit")}  # what a name leads to in further records


def facts_of(entity: str, ids: Sequence[int], now: datetime) -> dict[int, Facts]:
    """By record. What is missing is left out."""
    paths = _paths(entity)
    rows = ENTITIES[entity].model._default_manager.filter(pk__in=ids).select_related(*paths)
    rows = rows.defer("raw", *(f"{path}__raw" for path in paths))
    return {
        row.pk: {about: _values(_of(row, entity, about), names, now) for about, names in KNOWN[entity].items()} for row in rows
    }


def sample(entity: str) -> Facts:
    """The examples, for a preview without a record."""
    return {about: {name: known.example for name, known in names.items()} for about, names in KNOWN[entity].items()}


def _paths(entity: str) -> list[str]:
    found = []
    for about in KNOWN[entity]:
        if about != "company":
            start = "" if about == entity else f"{about}__"
            found += [] if about == entity else [about]
            found += [f"{start}{further}" for further in _TOLD_OF.get(about, ())]
    return found


def _of(row: Any, entity: str, about: str) -> Any:
    return row if about in (entity, "company") else getattr(row, about)


def _values(row: Any, names: Mapping[str, Name], now: datetime) -> dict[str, Value]:
    if row is None:
        return {}
    read = {name: known.read(row, now) for name, known in names.items()}
    return {name: value for name, value in read.items() if value is not None}
