"""Counting from outside: how many records were ever made for one identity."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Any


def repeats(made: Iterable[tuple[Hashable, str]]) -> dict[str, Any]:
    """`made`: (identity, id) of every record ever made; an identity of None or "" is none."""
    ids: dict[Hashable, list[str]] = defaultdict(list)
    without = 0
    for identity, id in made:
        if identity in (None, ""):
            without += 1
        else:
            ids[identity].append(id)
    repeated = {str(identity): several for identity, several in ids.items() if len(several) > 1}
    surplus = sum(len(several) - 1 for several in repeated.values())
    return {"identities": len(ids), "without": without, "surplus": surplus, "repeated": repeated}
