"""Salesforce on ServiceTitan's own pages, and in the search: from any customer to its record there, and from any id back."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest

from config.backoffice import pages, palette, panels, show
from config.backoffice.navigation import may_see
from config.backoffice.origins import effects
from config.backoffice.palette import Hit
from config.backoffice.panels import Facts, Panel
from salesforce.admin import words
from salesforce.admin.words import MODELS
from salesforce.models import SyncRun
from salesforce.org import objects
from servicetitan.models import Customer
from servicetitan.models import SyncLog as MirrorRun


def of_customer(request: HttpRequest, customer: Any) -> list[Panel]:
    return [_panel(sobject, customer.pk) for sobject in objects() if may_see(request, MODELS[sobject])]


def _panel(sobject: str, customer_id: int) -> Panel:
    row: Any = MODELS[sobject]._default_manager.filter(pk=customer_id).defer("sent", "planned").first()
    title = f"Salesforce: {sobject.lower()}"
    if row is None:
        return Facts(title=title, rows=[("State", "This customer has not been looked at yet: the next run does.")])
    rows: list[tuple[str, Any]] = [
        ("State", words.state_pill(row.state)),
        ("Why", show.some(row.reason)),
        ("In Salesforce", words.sf_link(row.sf_id)),
        ("Here", pages.link_to(row, "what was sent, and what is there")),
        ("Last sent", show.moment(row.sent_at)),
    ]
    return Facts(title=title, rows=rows)


def find(request: HttpRequest, term: str) -> Iterator[Hit]:
    """By Salesforce's id, as it stands in the address of its page there."""
    if len(term) not in (15, 18) or not term.isalnum() or term[:3] not in ("003", "001"):
        return
    for sobject, model in MODELS.items():
        rows: Any = model._default_manager.filter(sf_id__startswith=term) if may_see(request, model) else []
        for row in rows[:2]:
            yield Hit(row.name or str(row), f"Salesforce {sobject.lower()} {term}", pages.page_of(model, row.pk), "cloud")


def of_sync(request: HttpRequest, run: Any) -> list[Panel]:
    return effects(SyncRun, run, "Salesforce: who read its changes") if may_see(request, SyncRun) else []


panels.register(Customer, of_customer)
panels.register(MirrorRun, of_sync)
palette.register(find)
