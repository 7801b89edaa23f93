"""Messages on a customer's page: whether they may be written to, by whose word, and what they got."""

from typing import Any

from django.http import HttpRequest

from automation.admin.messaging import words
from automation.messaging import consent
from automation.messaging.models import Address, Consent, Message
from config.backoffice import pages, panels, show
from config.backoffice.navigation import may_see
from config.backoffice.panels import Panel, Table
from config.isolation.actor import acting_unit
from servicetitan.models import Customer

SHOWN = 10


def of_customer(request: HttpRequest, customer: Any) -> list[Panel]:
    found: list[Panel] = []
    if may_see(request, Consent):
        found.append(_addresses(customer))
    if may_see(request, Message):
        found.append(_messages(customer))
    return found


def _addresses(customer: Any) -> Panel:
    addresses = list(Address.objects.filter(customer_id=customer.pk).order_by("channel", "contact_id")[:SHOWN])
    said = consent.newest([(one.channel, one.address) for one in addresses], acting_unit().alias)
    rows = []
    for one in addresses:
        stands = [consent.judged(said.get((one.channel, one.address, purpose), []), purpose) for purpose in consent.PURPOSES]
        pills = [show.pill("yes" if stand.allowed else "no", show.GOOD if stand.allowed else show.BAD) for stand in stands]
        why = next((stand.why for stand in stands if not stand.allowed), "")
        rows.append((show.link(pages.list_of(Consent, q=one.address), one.address), *pills, why or show.NOTHING))
    headers = ("Address", "About ordered work", "Marketing", "Why not")
    return Table(title="May be written to", headers=headers, rows=rows, empty="No address that messages could use.")


def _messages(customer: Any) -> Panel:
    found = list(Message.objects.filter(customer_id=customer.pk).order_by("-pk")[: SHOWN + 1])
    rows = [
        (pages.link_to(one, one.template), one.kind, words.state_pill(one.state), show.moment(one.sent_at or one.due_at),
         show.short(one.held_by or one.reason, 110) or show.NOTHING)
        for one in found[:SHOWN]
    ]  # fmt: skip
    more = ("All messages", pages.list_of(Message, customer=customer.pk)) if rows else None
    headers = ("Message", "Kind", "State", "When", "Why")
    return Table(title="Messages", headers=headers, rows=rows, more=more, empty="None was ever wanted.")


panels.register(Customer, of_customer)
