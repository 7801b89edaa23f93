"""What a body or a query may hold, and the words in which the vendor refuses it (contract sections 5 to 7, 10)."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from integrations.ghl.sandbox.api.errors import unprocessable

Kind = Callable[[str, Any], Iterator[str]]
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class Field(NamedTuple):
    kind: Kind
    required: bool = False
    nullable: bool = False


Shape = Mapping[str, Field]


def text(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{name} must be a string"


def filled(name: str, value: Any) -> Iterator[str]:
    if value in ("", None):
        yield f"{name} should not be empty"
    yield from text(name, value)


def email(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str) or not _EMAIL.fullmatch(value):
        yield f"{name} must be an email"


def flag(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{name} must be a boolean value"


def number(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        yield f"{name} must be a number conforming to the specified constraints"


def anything(name: str, value: Any) -> Iterator[str]:
    return iter(())


def array(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{name} must be an array"


def texts(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{name} must be an array"
    elif not all(isinstance(item, str) for item in value):
        yield f"each value in {name} must be a string"


def one_of(*words: str) -> Kind:
    def check(name: str, value: Any) -> Iterator[str]:
        if value not in words:
            yield f"{name} must be one of the following values: {', '.join(words)}"

    return check


def whole(least: int, most: int) -> Kind:
    """A number, also one written as text in a query."""

    def check(name: str, value: Any) -> Iterator[str]:
        if not re.fullmatch(r"\d{1,9}", str(value)):
            yield f"{name} must be a number conforming to the specified constraints"
        elif int(value) < least:
            yield f"{name} must not be less than {least}"
        elif int(value) > most:
            yield f"{name} must not be greater than {most}"

    return check


def short(most: int) -> Kind:
    def check(name: str, value: Any) -> Iterator[str]:
        yield from text(name, value)
        if isinstance(value, str) and len(value) > most:
            yield f"{name} must be shorter than or equal to {most} characters"

    return check


def nested(shape: Shape) -> Kind:
    def check(name: str, value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{name} must be an object"
            return
        for message in complaints(shape, value):
            yield f"{name}.{message}"

    return check


def entries(spellings: tuple[str, ...], *, by_key: bool) -> Kind:
    """Values of custom fields: `[{id or key, a spelling of the value}]`."""
    shape = {name: Field(anything, nullable=True) for name in spellings} | {"id": Field(text), "key": Field(text)}

    def check(name: str, value: Any) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{name} must be an array"
            return
        for place, entry in enumerate(value):
            yield from nested(shape)(f"{name}.{place}", entry)
            if isinstance(entry, dict) and "id" not in entry and not (by_key and "key" in entry):
                yield f"{name}.{place}.id must be a string"

    return check


def complaints(shape: Shape, values: Mapping[str, Any]) -> Iterator[str]:
    for name in values:
        if name not in shape:
            yield f"property {name} should not exist"
    for name, field in shape.items():
        value = values.get(name)
        if name in values and not (value is None and field.nullable):
            yield from field.kind(name, value)
        elif name not in values and field.required:
            yield from field.kind(name, None)


def check(shape: Shape, values: Any) -> dict[str, Any]:
    """The values as they came, or 422 with everything that is wrong."""
    if not isinstance(values, dict):
        raise unprocessable("the body must be an object")
    wrong = list(complaints(shape, values))
    if wrong:
        raise unprocessable(*wrong)
    return values
