"""Conditions as rows of data: {"all": [...]} or {"any": [...]}, of {"field", "op", "value"} and of such groups again.

    {"all": [{"field": "estimate.subtotal", "op": "at least", "value": 1000},
             {"any": [{"field": "customer.type", "op": "is", "value": "Residential"},
                      {"field": "customer.type", "op": "is empty"}]}]}

They are compiled to a query and never evaluated: the same query counts what matches now and decides about one record. A
comparison with a value that is missing does not hold, and neither does its opposite: "is not" wants a value that is there.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from automation.workflows.entities import ENTITIES, FLAG, MOMENT, NUMBER, TEXT, Field, fields_of

DEEPEST, MOST = 5, 50  # groups in groups; rows in all
Condition = Mapping[str, Any]
EVERYTHING: Condition = {"all": []}
TRUE = Q(pk__isnull=False)


class BadCondition(ValueError):
    """The message says where it is wrong, and what would be right."""


Make = Callable[[str, Any, datetime], Q]


def _plain(lookup: str) -> Make:
    return lambda path, value, now: Q(**{f"{path}__{lookup}": value})


def _but(lookup: str) -> Make:
    return lambda path, value, now: Q(**{f"{path}__isnull": False}) & ~Q(**{f"{path}__{lookup}": value})


def _ago(lookup: str, sign: int) -> Make:
    """Days back (or ahead, with -1) from now."""
    return lambda path, days, now: Q(**{f"{path}__{lookup}": now - sign * timedelta(days=float(days))})


def _soon(path: str, days: Any, now: datetime) -> Q:
    return Q(**{f"{path}__gte": now, f"{path}__lte": now + timedelta(days=float(days))})


def _one_of(path: str, values: Any, now: datetime) -> Q:
    """As "is", whatever the capitals."""
    return Q(*(Q(**{f"{path}__iexact": value}) for value in values), _connector=Q.OR)


def _empty(path: str, value: Any, now: datetime) -> Q:
    return Q(**{f"{path}__isnull": True})


def _empty_text(path: str, value: Any, now: datetime) -> Q:
    return Q(**{f"{path}__isnull": True}) | Q(**{path: ""})


# By the kind of the field: what may be asked, whether it takes a value ("one", "some" or ""), and how it is asked.
OPERATORS: dict[str, dict[str, tuple[str, Make]]] = {
    TEXT: {
        "is": ("one", _plain("iexact")), "is not": ("one", _but("iexact")), "contains": ("one", _plain("icontains")),
        "starts with": ("one", _plain("istartswith")), "is one of": ("some", _one_of), "is empty": ("", _empty_text),
        "is not empty": ("", lambda path, value, now: ~_empty_text(path, value, now)),
    },
    NUMBER: {
        "is": ("one", _plain("exact")), "is not": ("one", _but("exact")), "at least": ("one", _plain("gte")),
        "at most": ("one", _plain("lte")), "more than": ("one", _plain("gt")), "less than": ("one", _plain("lt")),
        "is one of": ("some", _plain("in")), "is empty": ("", _empty),
        "is not empty": ("", lambda path, value, now: ~_empty(path, value, now)),
    },
    FLAG: {
        "is true": ("", lambda path, value, now: Q(**{path: True})),
        "is not true": ("", lambda path, value, now: Q(**{path: False}) | Q(**{f"{path}__isnull": True})),
    },
    MOMENT: {
        "more than days ago": ("one", _ago("lt", 1)), "within the last days": ("one", _ago("gte", 1)),
        "within the next days": ("one", _soon), "is empty": ("", _empty),
        "is not empty": ("", lambda path, value, now: ~_empty(path, value, now)),
    },
}  # fmt: skip


def matching(entity: str, condition: Condition, now: datetime) -> "QuerySet[Any]":
    """The records that it holds for, of those that are not deleted. Raises BadCondition."""
    rows = ENTITIES[entity].model._default_manager.filter(deleted_at__isnull=True)
    return rows.filter(compiled(entity, condition, now))


def holds_for(entity: str, condition: Condition, ids: Sequence[int], now: datetime) -> set[int]:
    """Which of these records it holds for: the same query as `matching`."""
    if not ids:
        return set()
    return set(matching(entity, condition, now).filter(pk__in=list(ids)).values_list("pk", flat=True))


def check(entity: str, condition: Any) -> None:
    """Raises BadCondition."""
    if entity not in ENTITIES:
        raise BadCondition(f"There is no entity {entity!r}: {', '.join(ENTITIES)}.")
    compiled(entity, condition, timezone.now())


def compiled(entity: str, condition: Any, now: datetime) -> Q:
    counted = [0]
    return _group(entity, condition, now, "condition", 1, counted)


def _group(entity: str, group: Any, now: datetime, place: str, depth: int, counted: list[int]) -> Q:
    if not isinstance(group, Mapping) or len(group) != 1 or next(iter(group)) not in ("all", "any"):
        raise BadCondition(f"{place}: write {{'all': [...]}} or {{'any': [...]}}.")
    if depth > DEEPEST:
        raise BadCondition(f"{place}: groups stand in at most {DEEPEST} groups.")
    kind, parts = next(iter(group.items()))
    if not isinstance(parts, Sequence) or isinstance(parts, str):
        raise BadCondition(f"{place}.{kind}: write a list.")
    found = [_part(entity, part, now, f"{place}.{kind}[{n}]", depth, counted) for n, part in enumerate(parts)]
    if not found:
        return TRUE if kind == "all" else ~TRUE  # all of nothing holds, any of nothing does not
    return Q(*found, _connector=Q.AND if kind == "all" else Q.OR)


def _part(entity: str, part: Any, now: datetime, place: str, depth: int, counted: list[int]) -> Q:
    if isinstance(part, Mapping) and "field" not in part:
        return _group(entity, part, now, place, depth + 1, counted)
    counted[0] += 1
    if counted[0] > MOST:
        raise BadCondition(f"{place}: at most {MOST} rows.")
    if not isinstance(part, Mapping) or not set(part) <= {"field", "op", "value"}:
        raise BadCondition(f"{place}: write field, op and, where the operator takes one, value.")
    field = fields_of(entity).get(str(part["field"]))
    if field is None:
        raise BadCondition(f"{place}: there is no field {part['field']!r}.")
    return _row(field, part, now, place)


def _row(field: Field, row: Mapping[str, Any], now: datetime, place: str) -> Q:
    known = OPERATORS[field.kind]
    op = str(row.get("op", ""))
    if op not in known:
        raise BadCondition(f"{place}: {field.name} is a {field.kind}, which takes: {', '.join(known)}.")
    takes, make = known[op]
    if bool(takes) != ("value" in row):
        raise BadCondition(f"{place}: '{op}' takes {'a value' if takes else 'no value'}.")
    value = _value(field, takes, op, row.get("value"), place)
    return make(field.path, value, now)


def _value(field: Field, takes: str, op: str, value: Any, place: str) -> Any:
    if not takes:
        return None
    if takes == "some":
        if not isinstance(value, Sequence) or isinstance(value, str) or not value or len(value) > MOST:
            raise BadCondition(f"{place}: '{op}' takes a list of 1 to {MOST} values.")
        return [_one(field, one, place) for one in value]
    return _one(field, value, place)


def _one(field: Field, value: Any, place: str) -> Any:
    if field.kind == TEXT:
        if not isinstance(value, str) or len(value) > 500 or "\0" in value:
            raise BadCondition(f"{place}: {field.name} takes a text of at most 500 characters.")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise BadCondition(f"{place}: {field.name} takes a number{' of days' if field.kind == MOMENT else ''}.")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise BadCondition(f"{place}: {value!r} is no number.") from None
    if not number.is_finite() or abs(number) > (36_500 if field.kind == MOMENT else Decimal(10) ** 15):
        raise BadCondition(f"{place}: {value!r} is out of range.")
    return number
