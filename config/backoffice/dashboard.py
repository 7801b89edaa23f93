"""The first page: is anything wrong? Units register sections; each says what needs a person and how its feeds stand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.models import LogEntry
from django.http import HttpRequest

from config.backoffice import navigation

LATEST = 8


@dataclass(frozen=True)
class Problem:
    """One sentence on what needs a person, and the page that helps."""

    text: str
    url: str


@dataclass(frozen=True)
class Tick:
    """One run in a strip: its tone, what it was, and its page."""

    tone: str
    text: str
    url: str


@dataclass(frozen=True)
class Feed:
    """One line of a section. `facts` are (label, value) pairs."""

    name: str
    url: str
    state: Any
    facts: Sequence[tuple[str, Any]]
    ticks: Sequence[Tick] = ()
    ticks_text: str = ""


@dataclass(frozen=True)
class Section:
    """A unit on the first page. `steps` are what to do first where nothing has ever run; `kind` and `strip` head the table."""

    title: str
    url: str
    problems: Sequence[Problem] = ()
    feeds: Sequence[Feed] = ()
    columns: Sequence[str] = ()
    notes: Sequence[Any] = ()
    steps: Sequence[Any] = ()
    kind: str = "Feed"
    strip: str = "Last runs, newest on the right"


Maker = Callable[[HttpRequest], Section | None]


@dataclass
class _Makers:
    all: list[Maker] = field(default_factory=list)


_makers = _Makers()


def register(maker: Maker) -> None:
    """`maker` returns None for a person who may not see the section."""
    _makers.all.append(maker)


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The theme calls it for the first page."""
    sections = [section for maker in _makers.all if (section := maker(request)) is not None]
    problems = [problem for section in sections for problem in section.problems]
    new = any(section.steps for section in sections) and not any(section.feeds for section in sections)
    return {
        **context,
        "title": "Overview",
        "sections": sections,
        "problems": problems,
        "headline": _headline(len(problems), new=new, empty=not sections),
        "tone": "info" if new or not sections else "bad" if problems else "good",
        "latest": _latest(request),
    }


def _headline(problems: int, *, new: bool, empty: bool) -> str:
    if empty:
        return "Welcome. Nothing is open to you yet: ask an administrator for the group “Operators”."
    if problems:
        return "1 thing needs you" if problems == 1 else f"{problems} things need you"
    return "Nothing has run yet. This is how to begin:" if new else "All good"


def _latest(request: HttpRequest) -> list[LogEntry]:
    """What people did last."""
    if not navigation.may_see(request, LogEntry):
        return []
    entries = LogEntry.objects.select_related("user", "content_type").order_by("-action_time")
    return list(entries[:LATEST])
