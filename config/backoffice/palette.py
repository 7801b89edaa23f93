"""The search of the whole back office (Ctrl+K). Units register a function that finds their records."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

SHORTEST = 2


@dataclass(frozen=True)
class Hit:
    """One line of the result. The names are the theme's."""

    title: str
    description: str
    link: str
    icon: str = "search"


Finder = Callable[[HttpRequest, str], Iterable[Hit]]


@dataclass
class _Finders:
    all: list[Finder] = field(default_factory=list)


_finders = _Finders()


def register(finder: Finder) -> None:
    """`finder` looks after permissions itself, and brings only few."""
    _finders.all.append(finder)


def search(request: HttpRequest, term: str) -> list[Any]:
    term = request.GET.get("s", term).strip()  # the theme lowers the term's letters, and job numbers have capitals
    if len(term) < SHORTEST:
        return []
    return [hit for finder in _finders.all for hit in finder(request, term)]
