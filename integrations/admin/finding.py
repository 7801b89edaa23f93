"""Ctrl+K: a record by GoHighLevel's id, as it stands in the address of its page there."""

from collections.abc import Iterator

from django.http import HttpRequest

from config.backoffice import pages, palette
from config.backoffice.navigation import may_see
from config.backoffice.palette import Hit
from integrations.admin.words import MODELS

SHORTEST = 10  # the vendor's ids have 20 letters and digits
ICONS = {"contact": "contacts", "opportunity": "view_kanban"}


def find(request: HttpRequest, term: str) -> Iterator[Hit]:
    if len(term) < SHORTEST or not term.isalnum():
        return
    for kind, model in MODELS.items():
        row = model._default_manager.filter(ghl_id=term).only("pk", "name").first() if may_see(request, model) else None
        if row is not None:
            yield Hit(row.name or str(row), f"GoHighLevel {kind} {term}", pages.page_of(model, row.pk), ICONS[kind])


palette.register(find)
