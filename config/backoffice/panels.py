"""What a record's page is made of: banners on top, then panels one after the other.

A unit adds panels to another unit's page with `register`: the customer page shows what every integration knows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils.text import slugify

from config.backoffice import show


@dataclass(frozen=True)
class Banner:
    """Something to know before reading on. `tone` is one of `show`'s."""

    text: Any
    tone: str = show.WARNING


@dataclass(frozen=True, kw_only=True)
class Panel:
    """`wide` panels span the page, others stand side by side where there is room. `folded` ones open on a click."""

    title: str
    template: str = ""
    wide: bool = False
    folded: bool = False
    count: str = ""

    @property
    def anchor(self) -> str:
        return f"panel-{slugify(self.title)}"


@dataclass(frozen=True, kw_only=True)
class Facts(Panel):
    """Label and value, one a line."""

    rows: Sequence[tuple[str, Any]]
    template: str = "backoffice/panels/facts.html"


@dataclass(frozen=True, kw_only=True)
class Text(Panel):
    content: Any
    template: str = "backoffice/panels/text.html"
    wide: bool = True


@dataclass(frozen=True, kw_only=True)
class Table(Panel):
    """Rows of cells. `numeric` are the columns (from 0) written to the right; `more` is a link to all of them."""

    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]
    numeric: frozenset[int] = frozenset()
    empty: str = "Nothing here."
    note: str = ""
    more: tuple[str, str] | None = None
    template: str = "backoffice/panels/table.html"
    wide: bool = True

    @property
    def cells(self) -> list[list[tuple[str, Any, bool]]]:
        """(header, value, whether numeric) of every cell."""
        return [
            [(self.headers[i], value, i in self.numeric) for i, value in enumerate(row)] for row in self.rows
        ]

    @property
    def columns(self) -> list[tuple[str, bool]]:
        return [(header, i in self.numeric) for i, header in enumerate(self.headers)]


@dataclass(frozen=True, kw_only=True)
class Ask(Panel):
    """A form that asks for a record by its kind and id. It only looks, so it is a GET of the page itself."""

    choices: Sequence[tuple[str, str]]
    chosen: str = ""
    value: str = ""
    template: str = "backoffice/panels/ask.html"
    wide: bool = True


@dataclass(frozen=True)
class Page:
    """What a record's page shows below its title. Other units' panels come before the last `tail` ones."""

    panels: Iterable[Panel]
    banners: Iterable[Banner] = ()
    lead: Any = ""
    tail: int = 0

    def with_others(self, others: Iterable[Panel]) -> list[Panel]:
        own = list(self.panels)
        place = len(own) - self.tail
        return [*own[:place], *others, *own[place:]]


Maker = Callable[[HttpRequest, Any], Iterable[Panel]]


@dataclass
class _Registry:
    makers: dict[type[Model], list[Maker]] = field(default_factory=dict)


_registry = _Registry()


def register(model: type[Model], make: Maker) -> None:
    """Add panels to the page of `model`'s records. `make` looks after permissions itself."""
    _registry.makers.setdefault(model, []).append(make)


def registered(request: HttpRequest, record: Model) -> list[Panel]:
    return [panel for make in _registry.makers.get(type(record), []) for panel in make(request, record)]
