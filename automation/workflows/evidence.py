"""The values that a condition looks at, as they are just now: they are kept with what was decided by them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from automation.workflows.conditions import Condition
from automation.workflows.entities import ENTITIES, fields_of

Values = dict[int, dict[str, Any]]


def named_in(condition: Condition | None) -> list[str]:
    """The fields, each once."""
    return [] if condition is None else list(dict.fromkeys(_names(condition)))


def values_of(entity: str, condition: Condition | None, ids: Sequence[int]) -> Values:
    """By record. One query, and none for a condition that asks for nothing."""
    names = named_in(condition)
    if not names or not ids:
        return {}
    paths = {name: fields_of(entity)[name].path for name in names}
    rows = ENTITIES[entity].model._default_manager.filter(pk__in=list(ids)).values("pk", *dict.fromkeys(paths.values()))
    return {row["pk"]: {name: _plain(row[path]) for name, path in paths.items()} for row in rows}


def _names(group: Any) -> Iterator[str]:
    for parts in group.values():
        for part in parts:
            if "field" in part:
                yield str(part["field"])
            else:
                yield from _names(part)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
