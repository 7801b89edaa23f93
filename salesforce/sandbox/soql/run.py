"""Carrying out a query: what its paths mean, which rows fit, in which order, and how they are shown."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from salesforce.sandbox.api import render
from salesforce.sandbox.api.call import Call
from salesforce.sandbox.api.values import NUMBERS
from salesforce.sandbox.org.fields import Field
from salesforce.sandbox.org.ids import whole
from salesforce.sandbox.org.records import State
from salesforce.sandbox.org.sobjects import View
from salesforce.sandbox.soql import source
from salesforce.sandbox.soql.parser import Both, Compare, Condition, Literal, Not, Order, Select, Token, complaint

Test = Callable[[State], bool]
_UNKNOWN = (
    "If you are attempting to use a custom {0}, be sure to append the '__c' after the {1} name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}


@dataclass(frozen=True)
class Path:
    """Through references, `steps`, to a field: (field, the object it leads to) each."""

    steps: tuple[tuple[Field, View], ...]
    field: Field

    def value(self, call: Call, state: State | None) -> Any:
        for reference, view in self.steps:
            id = state.get(reference.name) if state is not None else None
            state = source.row(call, view.name, id) if id is not None else None
        return None if state is None else render.value(self.field, state)


class Query:
    def __init__(self, call: Call, select: Select, *, deleted: bool) -> None:
        self._call = call
        self._select = select
        self._deleted = deleted
        view = call.org.view(select.sobject.text, call.switches)
        if view is None:
            at, name = select.sobject.at, select.sobject.text
            message = f"sObject type '{name}' is not supported. {_UNKNOWN.format('object', 'entity')}"
            raise complaint("INVALID_TYPE", select.query, at, message)
        self._view = view
        self._paths = [self._path(token) for token in select.paths]
        self._test = self._tested(select.where) if select.where is not None else lambda state: True
        self._orders = [(self._path(order.path, "sortable"), order) for order in select.orders]

    def rows(self) -> list[dict[str, Any]]:
        return [self._shown(state) for state in self._found()]

    def count(self) -> int:
        return len(self._found())

    def _found(self) -> list[State]:
        found = [state for state in self._candidates() if self._test(state)]
        for path, order in reversed(self._orders):
            found = _sorted(found, order, partial(self._sorting, path))
        end = None if self._select.limit is None else self._select.offset + self._select.limit
        return found[self._select.offset : end]

    def _sorting(self, path: Path, state: State) -> Any:
        return _plain(path.value(self._call, state))

    def _candidates(self) -> Iterable[State]:
        """Without looking at all rows where an index leads to the few that can fit."""
        wanted = None if self._deleted else self._indexed(self._select.where)
        if wanted is None:
            return source.rows(self._call, self._view.name, deleted=self._deleted)
        return wanted

    def _indexed(self, condition: Condition | None) -> list[State] | None:
        if isinstance(condition, Both) and condition.word == "and":
            return next((found for part in condition.parts if (found := self._indexed(part)) is not None), None)
        if not isinstance(condition, Compare) or condition.sign not in {"=", "in"}:
            return None
        table, name = self._call.org.tables[self._view.name], condition.path.text
        if not table.has_index(name) or any(literal.kind != "text" for literal in condition.values):
            return None
        field = self._view.field(name)
        short = field is not None and field.type == "reference"  # an id may come with 15 characters
        wanted = [(short and whole(literal.value)) or literal.value for literal in condition.values]
        ids = sorted({state["Id"] for value in wanted for state in table.by(name, value)})
        return [record.state for id in ids if (record := table.get(id)) is not None]

    # Names

    def _path(self, token: Token, right: str = "") -> Path:
        view = self._view
        steps: list[tuple[Field, View]] = []
        *through, last = token.text.split(".")
        if through and through[0].lower() == self._view.name.lower():
            through = through[1:]
        for name in through:
            reference = view.relationships.get(name.lower())
            parents: list[str] = reference.raw["referenceTo"] if reference is not None else []
            parent = self._call.org.view(parents[0], self._call.switches) if len(parents) == 1 else None
            if reference is None or parent is None:
                raise self._no_column(token, f"Didn't understand relationship '{name}' in field path.")
            steps.append((reference, parent))
            view = parent
        field = view.field(last)
        if field is None:
            raise self._no_column(token, f"No such column '{last}' on entity '{view.name}'.")
        if right and not field.raw[right]:
            verb = {"filterable": "filtered", "sortable": "sorted"}[right]
            raise complaint("INVALID_FIELD", self._select.query, token.at, f"field '{last}' can not be {verb} in a query call")
        return Path(tuple(steps), field)

    def _no_column(self, token: Token, message: str) -> Exception:
        hint = _UNKNOWN.format("field", "custom field")
        return complaint("INVALID_FIELD", self._select.query, token.at, f"{message} {hint}")

    # Conditions

    def _tested(self, condition: Condition) -> Test:
        if isinstance(condition, Not):
            inner = self._tested(condition.part)
            return lambda state: not inner(state)
        if isinstance(condition, Both):
            parts = [self._tested(part) for part in condition.parts]
            combine = all if condition.word == "and" else any
            return lambda state: combine(part(state) for part in parts)
        return self._compared(condition)

    def _compared(self, condition: Compare) -> Test:
        path = self._path(condition.path, "filterable")
        values = [self._literal(path.field, literal, condition) for literal in condition.values]
        fits = _fits(condition.sign, values)
        return lambda state: fits(_plain(path.value(self._call, state)))

    def _literal(self, field: Field, literal: Literal, condition: Compare) -> Any:
        if literal == ("word", "null"):
            return None
        kind = "text"
        if field.type in NUMBERS:
            kind = "number"
        elif field.type in {"date", "datetime"}:
            kind = "moment"
        elif field.type == "boolean":
            kind = "word"
        if literal.kind != kind:
            message = f"value of filter criterion for field '{field.name}' must be of type {field.type}"
            quotes = " and should be enclosed in quotes" if kind == "text" else " and should not be enclosed in quotes"
            raise complaint("INVALID_FIELD", self._select.query, condition.path.at, message + quotes)
        return _constant(field, literal)

    # Answers

    def _shown(self, state: State) -> dict[str, Any]:
        shown: dict[str, Any] = {"attributes": render.attributes(self._call, self._view, state)}
        for path in self._paths:
            self._show(shown, state, path)
        return shown

    def _show(self, shown: dict[str, Any], state: State, path: Path) -> None:
        for reference, view in path.steps:
            name = str(reference.raw["relationshipName"])
            id = state.get(reference.name)
            parent = source.row(self._call, view.name, id) if id is not None else None
            if parent is None:
                shown[name] = None
                return
            shown = shown.setdefault(name, {"attributes": render.attributes(self._call, view, parent)})
            state = parent
        shown[path.field.name] = render.value(path.field, state)


def _plain(value: Any) -> Any:
    """As values are compared: text without regard to capitals."""
    return value.casefold() if isinstance(value, str) else value


def _constant(field: Field, literal: Literal) -> Any:
    if literal.kind == "word":
        return literal.value == "true"
    if literal.kind == "number":
        return float(literal.value)
    if field.type in {"id", "reference"}:
        return _plain(whole(literal.value) or literal.value)
    if field.type == "datetime":
        return _plain(render.moment(literal.value) or literal.value)
    return _plain(literal.value)


def _fits(sign: str, values: list[Any]) -> Callable[[Any], bool]:
    if sign in {"=", "in"}:
        return frozenset(values).__contains__
    if sign in {"!=", "not in"}:
        return lambda value: value not in values
    if sign == "like":
        pattern = _like(str(values[0]))
        return lambda value: value is not None and pattern.fullmatch(str(value)) is not None
    ordered = _ORDERED[sign]
    return lambda value: value is not None and values[0] is not None and ordered(value, values[0])


def _like(text: str) -> "re.Pattern[str]":
    """% for any characters, _ for one."""
    parts = ({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in text)
    return re.compile("".join(parts), re.DOTALL)


def _sorted(found: list[State], order: Order, key: Callable[[State], Any]) -> list[State]:
    nulls = [state for state in found if key(state) is None]
    rest = sorted((state for state in found if key(state) is not None), key=key, reverse=order.down)
    return [*nulls, *rest] if order.nulls_first else [*rest, *nulls]
