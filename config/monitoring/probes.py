"""What units register beside their code: nodes, and checks that say how they stand. The agent knows none of them by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from importlib import import_module


class State(StrEnum):
    """`HELD`: people stopped it on purpose, so it and what needs it is no news. `UNKNOWN`: the check could not tell."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"
    HELD = "held"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Reading:
    """How a node stands. `text` is a sentence for whoever is woken by it. `figures` become metrics, by their names."""

    state: State = State.OK
    text: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Node:
    """One thing that can be well or not. `needs` are nodes that explain it where they are not well.

    `settles_s`: how long it may take to be well again once what it needs is. `act`: what to do, in a sentence.
    """

    name: str
    title: str
    unit: str
    needs: tuple[str, ...] = ()
    settles_s: float = 120
    act: str = ""


@dataclass(frozen=True)
class Check:
    """Reads some nodes at once. `read` runs as the unit `monitor`, in a thread of its own, and may raise anything.

    `patience_s`: without an answer by then its nodes are unknown, and the next pass does not start it a second time.
    `uses`: nodes without which it cannot look; all its nodes need them.
    """

    name: str
    nodes: Sequence[Node]
    read: Callable[[datetime], Mapping[str, Reading]]
    patience_s: float = 5
    uses: tuple[str, ...] = ("postgres",)


_modules: list[str] = []


def register(module: str) -> None:
    """Called in `AppConfig.ready()`. The module has a function `checks`, and is imported when the agent looks."""
    if module not in _modules:
        _modules.append(module)


def registered() -> tuple[Check, ...]:
    return tuple(check for module in _modules for check in import_module(module).checks())


def nodes(checks: Sequence[Check]) -> dict[str, Node]:
    """By name. Raises ValueError where a name is twice, or a need is nobody's."""
    found: dict[str, Node] = {}
    for check in checks:
        for node in check.nodes:
            if node.name in found:
                raise ValueError(f"Two nodes are named {node.name}.")
            found[node.name] = replace(node, needs=tuple(dict.fromkeys((*check.uses, *node.needs))))
    for node in found.values():
        if unknown := [name for name in node.needs if name not in found]:
            raise ValueError(f"{node.name} needs {', '.join(unknown)}, which no check reads.")
    return found


def worse(readings: Sequence[Reading]) -> Reading:
    """The worst of some readings of the same node."""
    order = (State.BAD, State.UNKNOWN, State.HELD, State.WARNING, State.OK)
    return min(readings, key=lambda reading: order.index(reading.state), default=Reading())
