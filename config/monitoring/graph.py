"""What explains what. A node that is not well is a cause unless something it needs, near or far, is not well either."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from config.monitoring.probes import Node


class Graph:
    """Of nodes by their names. Raises ValueError where needs run in a circle."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self.nodes = nodes
        self._above: dict[str, frozenset[str]] = {}
        for name in nodes:
            self._climb(name, ())

    def _climb(self, name: str, path: tuple[str, ...]) -> frozenset[str]:
        if name in path:
            raise ValueError(f"Needs run in a circle: {' > '.join((*path, name))}.")
        if name not in self._above:
            needs = self.nodes[name].needs
            above = {far for need in needs for far in self._climb(need, (*path, name))}
            self._above[name] = frozenset({*needs, *above})
        return self._above[name]

    def above(self, name: str) -> frozenset[str]:
        """Everything that `name` needs, near or far."""
        return self._above[name]

    def below(self, name: str) -> list[str]:
        """Everything that needs `name`."""
        return [other for other, above in self._above.items() if name in above]

    def causes(self, unwell: Iterable[str]) -> dict[str, list[str]]:
        """Of those that are not well: the causes, each with what suffers behind it."""
        ill = set(unwell)
        roots = sorted(name for name in ill if not self._above[name] & ill)
        return {root: sorted(name for name in ill if root in self._above[name]) for root in roots}

    @cached_property
    def depth(self) -> dict[str, int]:
        """The longest way up, for drawing: 0 needs nothing."""
        found: dict[str, int] = {}

        def depth(name: str) -> int:
            if name not in found:
                found[name] = max((depth(need) + 1 for need in self.nodes[name].needs), default=0)
            return found[name]

        return {name: depth(name) for name in self.nodes}
