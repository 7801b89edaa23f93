"""Switches: one field for each thing nobody outside a vendor knows for sure, set by name at run time."""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from typing import Self

    from _typeshed import DataclassInstance


class Changeable:
    """For frozen dataclasses. `WORDS` names the values a field may have, where it has few."""

    __slots__ = ()
    WORDS: ClassVar[Mapping[str, tuple[Any, ...]]] = {}

    def check_words(self) -> None:
        for name, allowed in self.WORDS.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(map(str, allowed))}.")

    def changed(self: "Self", values: Mapping[str, Any]) -> "Self":
        """A copy with some fields set by name; an unknown name is refused."""
        defaults = {field.name: field.default for field in fields(_data(self))}
        unknown = sorted(set(values) - set(defaults))
        if unknown:
            raise ValueError(f"There is no switch named {', '.join(unknown)}.")
        like = {name: _like(defaults[name], name, value) for name, value in values.items()}
        return replace(_data(self), **like)  # type: ignore[return-value]

    def as_dict(self) -> dict[str, Any]:
        return asdict(_data(self))


def _data(switches: Any) -> "DataclassInstance":
    return switches  # type: ignore[no-any-return]


def _like(default: Any, name: str, value: Any) -> Any:
    """JSON has no tuples and writes 1 for 1.0; anything else must be of the default's type."""
    if isinstance(default, tuple) and isinstance(value, (list, tuple)):
        return tuple(str(part) for part in value)
    if isinstance(default, float) and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise ValueError(f"{name} must be of type {type(default).__name__}.")
    return value
