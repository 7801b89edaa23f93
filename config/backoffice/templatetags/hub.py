from datetime import datetime
from typing import Any

from django import template
from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import Model
from django.utils.safestring import SafeString

from config.backoffice import navigation, show

register = template.Library()


@register.filter
def moment(value: datetime | None) -> SafeString:
    return show.moment(value)


@register.simple_tag
def page_url(cl: Any, step: int) -> str:
    """The list's address, `step` pages on."""
    return str(cl.get_query_string({PAGE_VAR: cl.page_num + step}))


@register.simple_tag
def active_filters(cl: Any) -> list[dict[str, Any]]:
    """What narrows the list, each with the address of the list without it."""
    found = []
    for spec in cl.filter_specs:
        if chip := getattr(spec, "chip", ""):
            removed = spec.removed
            url = cl.get_query_string({**removed, PAGE_VAR: None}) if removed else ""
            found.append({"title": str(spec.title), "chip": chip, "url": url})
    return found


@register.simple_tag
def filter_notes(cl: Any) -> list[str]:
    """What the active filters have to say, each thing once."""
    return list(dict.fromkeys(note for spec in cl.filter_specs if (note := getattr(spec, "note", ""))))


@register.filter
def crumbs(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The path in the header, as the menu calls things; without the app, which is no place people know."""
    shown = parts[1:] if len(parts) > 1 else parts
    return [{"link": part.get("link"), "title": _called(part)} for part in shown]


def _called(part: dict[str, Any]) -> Any:
    title = part["title"]
    if isinstance(title, Model):
        page: Any = admin.site.get_model_admin(type(title))
        return page.title_of(title)
    return navigation.title_at(str(part.get("link"))) or title
