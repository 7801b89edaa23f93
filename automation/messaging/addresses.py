"""What the office noted in ServiceTitan, as words of the ledger: followed through the event log.

A contact becomes an address with a yes or no for each purpose; an address that several contacts share is as restricted as the
most restricted of them. Only where that differs from what ServiceTitan said last does the ledger get another word.

doNotText             no text messages
doNotService          nothing to the customer at all
doNotMail             no marketing
marketingUpdatesEnabled, jobRemindersEnabled of a contact: false is a no to marketing, to messages about ordered work
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections, transaction

from automation.messaging.consent import EMAIL, MARKETING, SERVICE, SMS
from automation.messaging.models import Address
from automation.workflows.events import ALIAS
from automation.workflows.models import FeedPosition
from config.feed.consumer import Caught, Follower
from config.feed.reader import ChangeRecord
from servicetitan.models import Customer, CustomerContact
from servicetitan.models.reach import EMAIL as EMAIL_CONTACT
from servicetitan.models.reach import PHONES, e164, e_mail

AT_A_TIME = 2000
ENTITIES = ("customers", "contacts")
_FOLLOWER = Follower(FeedPosition, "consent", ENTITIES, ALIAS)
OPT_IN = ("explicit", "preference", "number")  # what counts as a yes to marketing by text message; settings say which

# What ServiceTitan says about each address now, where it differs from its newest word in the ledger. Where no contact has it
# any more, or none says anything, it takes its word back.
_SPEAK = """
INSERT INTO automation.messaging_consent (channel, address, purpose, witness, allowed, source, why, customer_id, who, at)
SELECT s.channel, s.address, s.purpose, 'servicetitan', s.allowed, 'contact',
       CASE s.allowed WHEN true THEN 'It was given to the office.' WHEN false THEN s.why
                      ELSE 'It says neither yes nor no any more.' END,
       s.customer_id, '', %(now)s
FROM (
    SELECT a.channel, a.address, p.purpose,
           CASE WHEN bool_or(NOT p.says) THEN false WHEN bool_or(p.says) THEN true END AS allowed,
           coalesce(min(t.why) FILTER (WHERE NOT p.says), '') AS why, min(t.customer_id) AS customer_id
    FROM unnest(%(channels)s::text[], %(addresses)s::text[]) AS a(channel, address)
    LEFT JOIN automation.messaging_addresses t ON t.channel = a.channel AND t.address = a.address
    CROSS JOIN LATERAL (VALUES ('service', t.service), ('marketing', t.marketing)) AS p(purpose, says)
    GROUP BY a.channel, a.address, p.purpose
) s
LEFT JOIN LATERAL (
    SELECT c.allowed FROM automation.messaging_consent c
    WHERE c.channel = s.channel AND c.address = s.address AND c.purpose = s.purpose AND c.witness = 'servicetitan'
    ORDER BY c.id DESC LIMIT 1
) last ON true
WHERE last.allowed IS DISTINCT FROM s.allowed
"""


def catch_up(now: datetime) -> Caught:
    """The first time every contact that there is."""
    return _FOLLOWER.catch_up(lambda changes: _mark(changes, now), lambda: _everything(now))


def _everything(now: datetime) -> int:
    count, last = 0, 0
    while ids := list(CustomerContact.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_A_TIME]):
        look_at(ids, now)
        count, last = count + len(ids), ids[-1]
    return count


def _mark(changes: Iterable[ChangeRecord], now: datetime) -> None:
    ids: dict[str, set[int]] = {entity: set() for entity in ENTITIES}
    for change in changes:
        ids[change.entity].add(change.record_id)
    of = CustomerContact.objects.filter(customer_id__in=ids["customers"]).values_list("pk", flat=True)
    wanted = sorted(ids["contacts"] | set(of))
    for start in range(0, len(wanted), AT_A_TIME):
        look_at(wanted[start : start + AT_A_TIME], now)


def look_at(contact_ids: Sequence[int], now: datetime) -> None:
    """Bring the addresses of these contacts up to date, and let ServiceTitan's word in the ledger follow."""
    with transaction.atomic(using=ALIAS):
        before = set(Address.objects.filter(pk__in=contact_ids).values_list("channel", "address"))
        rows = list(_read(contact_ids))
        Address.objects.filter(pk__in=set(contact_ids) - {row.pk for row in rows}).delete()
        Address.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["contact_id"],
            update_fields=["customer_id", "channel", "address", "mobile", "service", "marketing", "why"],
        )  # fmt: skip
        speak(before | {(row.channel, row.address) for row in rows}, now)


def speak(addresses: Iterable[tuple[str, str]], now: datetime) -> int:
    """Returns how many words that made."""
    wanted = sorted(set(addresses))
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_SPEAK, {"channels": [c for c, _ in wanted], "addresses": [a for _, a in wanted], "now": now})
        return int(cursor.rowcount)


def _read(contact_ids: Sequence[int]) -> Iterator[Address]:
    contacts = CustomerContact.objects.filter(pk__in=contact_ids, deleted_at__isnull=True).exclude(active=False)
    customers = Customer.objects.in_bulk([row.customer_id for row in contacts if row.customer_id is not None])
    for contact in contacts:
        channel, address = _address(contact)
        if address is not None:
            service, marketing, why = _says(contact, customers.get(contact.customer_id or 0), channel)
            yield Address(
                contact_id=contact.pk, customer_id=contact.customer_id, channel=channel, address=address,
                mobile=contact.type == "MobilePhone", service=service, marketing=marketing, why=why,
            )  # fmt: skip


def _address(contact: CustomerContact) -> tuple[str, str | None]:
    if contact.type == EMAIL_CONTACT:
        return EMAIL, e_mail(contact.value)
    return SMS, e164(contact.value or contact.phone_number) if contact.type in PHONES else None


def _says(contact: CustomerContact, customer: Customer | None, channel: str) -> tuple[bool, bool | None, str]:
    """For work that was ordered, for marketing, and which note says no."""
    noes: tuple[tuple[Any, tuple[str, ...], str], ...] = (
        (customer is not None and customer.do_not_service, (SERVICE, MARKETING), "The customer is marked doNotService."),
        (channel == SMS and contact.do_not_text, (SERVICE, MARKETING), "The number is marked doNotText."),
        (contact.job_reminders_enabled is False, (SERVICE,), "The contact wants no reminders (jobRemindersEnabled)."),
        (customer is not None and customer.do_not_mail, (MARKETING,), "The customer is marked doNotMail."),
        (contact.marketing_updates_enabled is False, (MARKETING,), "The contact wants no marketing (marketingUpdatesEnabled)."),
    )
    against = [(purposes, why) for holds, purposes, why in noes if holds]
    service = not any(SERVICE in purposes for purposes, _ in against)
    refused = any(MARKETING in purposes for purposes, _ in against)
    marketing = False if refused else (True if _opted_in(contact, channel) else None)
    return service, marketing, " ".join(why for _, why in against)


def _opted_in(contact: CustomerContact, channel: str) -> bool:
    """An e-mail address that was given may be written to until somebody says no (CAN-SPAM). A text message that sells something
    wants a yes of its own (47 CFR 64.1200(f)(9)); what counts as one is the company's decision."""
    if channel == EMAIL or settings.MESSAGING_SMS_OPT_IN == "number":
        return True
    return settings.MESSAGING_SMS_OPT_IN == "preference" and contact.marketing_updates_enabled is True
