"""What GoHighLevel has of a customer or an estimate, on the page of that record."""

from collections.abc import Iterable

from django.http import HttpRequest

from config.backoffice import pages, panels, show
from config.backoffice.navigation import may_see
from config.backoffice.panels import Facts, Panel
from integrations.ghl.admin import words
from integrations.ghl.admin.records import cards_panel
from integrations.ghl.models import Contact, Opportunity
from servicetitan.models import Customer, Estimate

SHOWN = 20


def of_customer(request: HttpRequest, customer: Customer) -> Iterable[Panel]:
    if not may_see(request, Contact):
        return
    row = Contact.objects.filter(pk=customer.pk).first()
    if row is None:
        yield Facts(title="GoHighLevel", rows=[("Contact", show.quiet("not looked at yet"))])
        return
    rows = [
        ("Contact", show.format_inline(pages.link_to(row, row.name or f"contact {row.pk}"), words.record_pill(row))),
        ("Why", show.some(row.reason)),
        ("Sent", show.moment(row.sent_at)),
        ("Do not disturb", show.yes_no(row.dnd)),
        ("There", words.ghl_link(row)),
    ]
    yield Facts(title="GoHighLevel", rows=rows)
    if cards := list(Opportunity.objects.filter(st_customer_id=customer.pk).order_by("-id")[:SHOWN]):
        yield cards_panel(cards, "GoHighLevel: opportunities")


def of_estimate(request: HttpRequest, estimate: Estimate) -> Iterable[Panel]:
    if not may_see(request, Opportunity):
        return
    cards = list(Opportunity.objects.filter(st_estimate_id=estimate.pk)[:SHOWN])
    cards = cards or list(Opportunity.objects.filter(st_customer_id=estimate.customer_id or 0, slot=estimate.pk)[:1])
    if cards:
        yield cards_panel(cards, "GoHighLevel")
    else:
        yield Facts(title="GoHighLevel", rows=[("Opportunity", show.quiet("no card shows this estimate"))])


panels.register(Customer, of_customer)
panels.register(Estimate, of_estimate)
