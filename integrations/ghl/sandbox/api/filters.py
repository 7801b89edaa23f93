"""Filters of the contact search: `{field, operator, value}`, or `{group: AND | OR, filters: [...]}`."""

from collections.abc import Callable
from typing import Any

from config.sandbox import moments
from integrations.ghl.sandbox.api.contact_bodies import CHANNELS
from integrations.ghl.sandbox.api.errors import unprocessable
from integrations.ghl.sandbox.store.records import State

_LOWER = {"emailLowerCase": "email", "firstNameLowerCase": "firstName", "lastNameLowerCase": "lastName"}
_LOWER |= {"contactName": "name", "fullNameLowerCase": "name"}


def value_of(state: State, field: str) -> Any:
    """By the name a filter uses; paths reach into custom fields and DND settings of either spelling."""
    value: Any = state
    for part in _LOWER.get(field, field).split("."):
        value = value.get(CHANNELS.get(part, part)) if isinstance(value, dict) else None
    return value


def _plain(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _equal(held: Any, wanted: Any) -> bool:
    if isinstance(held, list):
        names = wanted if isinstance(wanted, list) else [wanted]
        return {_plain(name) for name in names} <= {_plain(name) for name in held}
    if isinstance(wanted, list):
        return _plain(held) in [_plain(name) for name in wanted]
    return bool(_plain(held) == _plain(wanted))


def _contains(held: Any, wanted: Any) -> bool:
    if isinstance(held, list):
        return _equal(held, wanted)
    return isinstance(held, str) and str(wanted).lower() in held.lower()


def _exists(held: Any, wanted: Any) -> bool:
    return held not in (None, "", [])


def _range(held: Any, wanted: Any) -> bool:
    if held is None or not isinstance(wanted, dict):
        return False
    bounds = {name: _moment(bound) if isinstance(held, int) else bound for name, bound in wanted.items()}
    tests: dict[str, Callable[[Any], bool]] = {
        "gte": lambda bound: held >= bound,
        "gt": lambda bound: held > bound,
        "lte": lambda bound: held <= bound,
        "lt": lambda bound: held < bound,
    }
    return all(tests[name](bound) for name, bound in bounds.items() if name in tests)


def _moment(bound: Any) -> Any:
    """Dates are kept as ticks; a filter gives text or milliseconds."""
    if isinstance(bound, str):
        return moments.parse(bound) or 0
    return bound * 10_000


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": _equal,
    "not_eq": lambda held, wanted: not _equal(held, wanted),
    "contains": _contains,
    "not_contains": lambda held, wanted: not _contains(held, wanted),
    "exists": _exists,
    "not_exists": lambda held, wanted: not _exists(held, wanted),
    "range": _range,
}


def matches(state: State, part: dict[str, Any]) -> bool:
    if "group" in part:
        parts = part.get("filters", [])
        return (any if part["group"] == "OR" else all)(matches(state, inner) for inner in parts)
    operator = part.get("operator")
    if operator not in OPERATORS:
        raise unprocessable(f"operator must be one of the following values: {', '.join(OPERATORS)}")
    return OPERATORS[operator](value_of(state, str(part.get("field"))), part.get("value"))


def sort_key(field: str) -> Callable[[State], tuple[bool, Any]]:
    """Records without a value come first."""

    def key(state: State) -> tuple[bool, Any]:
        value = value_of(state, field)
        return (value is not None, _plain(value) if value is not None else 0)

    return key
