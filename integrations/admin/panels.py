"""GoHighLevel on ServiceTitan's own pages: from any customer or estimate to its record there, and back."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from config.backoffice import pages, panels, show
from config.backoffice.navigation import may_see
from config.backoffice.origins import effects
from config.backoffice.panels import Facts, Panel, Table
from integrations.admin import places, words
from integrations.admin.contacts import CARDS_SHOWN, disturb
from integrations.admin.opportunities import HEADERS, cells
from integrations.models import Contact, Opportunity, SyncRun
from servicetitan.models import Customer, Estimate
from servicetitan.models import SyncLog as MirrorRun


def of_customer(request: HttpRequest, customer: Any) -> list[Panel]:
    found: list[Panel] = []
    if may_see(request, Contact):
        found.append(_contact(customer.pk))
    if may_see(request, Opportunity):
        found += _cards(Q(st_customer_id=customer.pk), "GoHighLevel: opportunities")
    return found


def of_estimate(request: HttpRequest, estimate: Any) -> list[Panel]:
    """Its own card, or the customer's one card where that shows another estimate."""
    if not may_see(request, Opportunity):
        return []
    mine = Q(st_customer_id=estimate.customer_id or 0, slot__in=[estimate.pk, 0])
    return _cards(Q(st_estimate_id=estimate.pk) | mine, "GoHighLevel") or [_nothing("GoHighLevel", "This estimate")]


def _contact(customer_id: int) -> Panel:
    row = Contact.objects.filter(pk=customer_id).defer("sent", "remote").first()
    if row is None:
        return _nothing("GoHighLevel: contact", "This customer")
    rows: list[tuple[str, Any]] = [
        ("State", words.condition(row)),
        ("Why", show.some(row.reason)),
        ("At GoHighLevel", words.ghl_link("contact", None if row.gone_at else row.ghl_id)),
        ("Here", pages.link_to(row, "what was sent, and what is there")),
        ("Do not disturb", disturb(row)),
        ("Last sent", show.moment(row.sent_at)),
    ]
    return Facts(title="GoHighLevel: contact", rows=rows)


def _nothing(title: str, what: str) -> Panel:
    return Facts(title=title, rows=[("State", f"{what} has not been looked at yet: the next run does.")])


def _cards(which: Q, title: str) -> list[Panel]:
    rows = list(Opportunity.objects.filter(which).defer("sent", "remote").order_by("-pk")[:CARDS_SHOWN])
    if not rows:
        return []
    known = places.known()
    return [Table(title=title, headers=HEADERS, rows=[cells(row, known) for row in rows], numeric=frozenset({4}),
                  count=str(len(rows)))]  # fmt: skip


def of_sync(request: HttpRequest, run: Any) -> list[Panel]:
    return effects(SyncRun, run, "GoHighLevel: who read its changes") if may_see(request, SyncRun) else []


panels.register(Customer, of_customer)
panels.register(Estimate, of_estimate)
panels.register(MirrorRun, of_sync)
