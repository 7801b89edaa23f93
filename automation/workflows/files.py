"""Definitions as files: the database forgets in which order things were written, and people read them in one."""

import json
from collections.abc import Mapping
from typing import Any

_ORDER = (
    "name", "title", "trigger", "event", "days", "entry", "goal", "reentry", "after_days", "priority", "freshness_minutes",
    "expires_hours", "newest_hours", "steps", "do", "field", "op", "value", "if", "then", "else", "for", "clock", "at_most",
    "template", "control_percent", "reason", "all", "any",
)  # fmt: skip
_PLACES = {name: place for place, name in enumerate(_ORDER)}


DEEPEST = 60  # lists and objects in each other; a branch in a branch takes two


def parsed(text: str) -> Any:
    """JSON that can be stored and read: not endlessly deep, and every character is one. Raises ValueError."""
    try:
        content = json.loads(text)
        json.dumps(content, ensure_ascii=False).encode()
        deep = _depth(content) > DEEPEST
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except UnicodeEncodeError:
        raise ValueError("a character in it is only half of one") from None
    if deep:
        raise ValueError("it is nested too deep")
    return content


def _depth(content: Any) -> int:
    parts = content.values() if isinstance(content, Mapping) else content if isinstance(content, list) else ()
    return 1 + max(map(_depth, parts), default=0)


def ordered(content: Any) -> Any:
    """The same content, in the order of the files that come with the hub."""
    if isinstance(content, Mapping):
        names = sorted(content, key=lambda name: (_PLACES.get(name, len(_ORDER)), name))
        return {name: ordered(content[name]) for name in names}
    return [ordered(part) for part in content] if isinstance(content, list) else content


def written(content: Any) -> str:
    return json.dumps(ordered(content), indent=2, ensure_ascii=False)
