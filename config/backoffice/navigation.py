"""The side menu: one group a unit. Units add their own in their admin modules."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from config.backoffice import pages

BADGE_S = 10  # every page shows the badges: they are counted this often


@dataclass(frozen=True)
class Entry:
    """A list of `model`, or the page `view` (a name in the admin) for who may see it.

    `badge` counts what waits for a person: nothing is shown for 0.
    """

    title: str
    icon: str
    model: type[Model]
    badge: Callable[[], str] | None = None
    view: str = ""

    @property
    def url(self) -> str:
        return reverse(f"admin:{self.view}") if self.view else pages.list_of(self.model)

    def as_item(self, request: HttpRequest) -> dict[str, Any]:
        item: dict[str, Any] = {"title": self.title, "icon": self.icon, "link": self.url}
        if self.badge and (text := self._badge_text(self.badge)):
            item |= {"badge": text, "badge_variant": "danger"}
        return item

    def _badge_text(self, count: Callable[[], str]) -> str:
        return str(cache.get_or_set(f"badge:{self.view or self.model._meta.label}", count, BADGE_S) or "")

    def may_see(self, request: HttpRequest) -> bool:
        return may_see(request, self.model)


@dataclass(frozen=True)
class Link:
    """A page that is no list: by the name of its address, for whoever has the right."""

    title: str
    icon: str
    name: str
    right: str

    def as_item(self, request: HttpRequest) -> dict[str, Any]:
        return {"title": self.title, "icon": self.icon, "link": self.url}

    def may_see(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.right)

    @property
    def url(self) -> str:
        return reverse(self.name)


@dataclass
class _Menu:
    groups: dict[str, tuple[Entry | Link, ...]] = field(default_factory=dict)


_menu = _Menu()
LAST = ("Schedules", "People")


def register(title: str, *entries: Entry | Link) -> None:
    _menu.groups[title] = entries


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu of the person who asks: what they may not see is not in it."""
    home = {"title": "Overview", "icon": "monitor_heart", "link": reverse("admin:index")}
    found: list[dict[str, Any]] = [{"items": [home]}]
    for title, entries in sorted(_menu.groups.items(), key=_place):
        items = [entry.as_item(request) for entry in entries if entry.may_see(request)]
        if items:
            found.append({"title": title, "separator": True, "items": items})
    _mark_active([item for group in found for item in group["items"]], request.path)
    return found


def _mark_active(items: list[dict[str, Any]], path: str) -> None:
    """Only the entry that fits best: a page may lie below another one's list."""
    home = reverse("admin:index")
    fitting = [item for item in items if path == item["link"] or (item["link"] != home and path.startswith(item["link"]))]
    best = max(fitting, key=lambda item: len(item["link"]), default=None)
    for item in items:
        item["active"] = item is best


def _place(group: tuple[str, Any]) -> int:
    return LAST.index(group[0]) if group[0] in LAST else -1


def title_at(url: str) -> str | None:
    """What the menu calls the list at `url`; None where it is not in the menu."""
    entries = (entry for group in _menu.groups.values() for entry in group)
    return next((entry.title for entry in entries if entry.url == url), None)


def may_see(request: HttpRequest, model: type[Model]) -> bool:
    """Whether the person may view records of `model`."""
    meta, user = model._meta, request.user
    return any(user.has_perm(f"{meta.app_label}.{verb}_{meta.model_name}") for verb in ("view", "change"))
