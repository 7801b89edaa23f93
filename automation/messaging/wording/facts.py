"""The values that a template may name, of given records: a few queries, however many they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from automation.messaging.wording.names import KNOWN, Name
from automation.workflows.entities import ENTITIES

Facts = dict[str, dict[str, str]]


def facts_of(entity: str, ids: Sequence[int], now: datetime) -> dict[int, Facts]:
    """By record. What is missing is left out."""
    related = [about for about in KNOWN[entity] if about not in (entity, "company")]
    rows = ENTITIES[entity].model._default_manager.filter(pk__in=ids).select_related(*related).defer("raw")
    return {
        row.pk: {about: _values(_of(row, entity, about), names, now) for about, names in KNOWN[entity].items()} for row in rows
    }


def sample(entity: str) -> Facts:
    """The examples, for a preview without a record."""
    return {about: {name: known.example for name, known in names.items()} for about, names in KNOWN[entity].items()}


def _of(row: Any, entity: str, about: str) -> Any:
    return row if about in (entity, "company") else getattr(row, about)


def _values(row: Any, names: Mapping[str, Name], now: datetime) -> dict[str, str]:
    if row is None:
        return {}
    read = {name: known.read(row, now) for name, known in names.items()}
    return {name: value for name, value in read.items() if value}
