"""Names of a Python file and what they were given: enough of the language's rules to follow a value to where it is used."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
Position = tuple[int, int]
Path = tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """Where an expression stands. `path`: the conditional blocks around it, outermost first."""

    scope: "Scope"
    path: Path
    at: Position
    depth: int = 0

    def deeper(self, binding: "Binding") -> "Place":
        return Place(binding.scope, binding.path, binding.at, self.depth + 1)


@dataclass(frozen=True)
class Binding:
    """One way a name got its value.

    `how`: "is" the expression, "added" to what the name was, an "element" of it, a "parameter" with it as annotation,
    an "import" of `dotted`, or a "class".
    """

    how: str
    value: ast.AST | None
    scope: "Scope"
    path: Path
    at: Position
    index: int | None = None
    dotted: str = ""


@dataclass
class Scope:
    """A module, class or function. `owner`: the class a method belongs to."""

    kind: str
    parent: "Scope | None"
    owner: "Scope | None" = None
    names: dict[str, list[Binding]] = field(default_factory=dict)

    def add(self, name: str, binding: Binding) -> None:
        self.names.setdefault(name, []).append(binding)


class Memory(Generic[T]):
    """Each binding is followed once. One that leads back to itself, as in `self.at = self.at + 1`, is unknown meanwhile."""

    def __init__(self, unknown: T) -> None:
        self._unknown = unknown
        self._known: dict[int, T] = {}

    def of(self, binding: Binding, follow: Callable[[], T]) -> T:
        if id(binding) not in self._known:
            self._known[id(binding)] = self._unknown
            self._known[id(binding)] = follow()
        return self._known[id(binding)]


def lookup(name: str, place: Place) -> list[Binding]:
    """What `name` may stand for here: the latest values, older ones only as far as a branch may have left them in place."""
    scope: Scope | None = place.scope
    while scope is not None:
        if name in scope.names and (scope.kind != "class" or scope is place.scope):
            bindings = scope.names[name]
            return _living(bindings, place) if scope is place.scope else list(bindings)
        scope = scope.parent
    return []


def attribute(name: str, place: Place) -> list[Binding]:
    """What `self.name` may stand for in a method: set in the class or in any of its methods."""
    scope: Scope | None = place.scope
    while scope is not None and scope.owner is None:
        scope = scope.parent
    if scope is None or scope.owner is None:
        return []
    return [*scope.owner.names.get(name, []), *scope.owner.names.get(f"self.{name}", [])]


def _living(bindings: list[Binding], place: Place) -> list[Binding]:
    before = [b for b in bindings if b.at < place.at]
    living: list[Binding] = []
    for binding in sorted(before, key=lambda b: b.at, reverse=True):
        living.append(binding)
        if binding.how != "added" and place.path[: len(binding.path)] == binding.path:
            break  # it runs in any case before we get here: what the name was earlier is gone
    return living or list(bindings)
