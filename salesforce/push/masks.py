"""What of a request or an answer may stand in a log: numbers and flags; never who somebody is."""

from collections.abc import Mapping
from typing import Any

MASK = "\N{BULLET}" * 3
_SHOWN = (bool, int, float, type(None))


def masked(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Names stay; of the values only numbers and flags, which say nothing of a person."""
    if values is None:
        return None
    return {name: value if isinstance(value, _SHOWN) else MASK for name, value in values.items()}
