"""How a customer is best reached: the one phone and the one e-mail address that other systems have room for."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import phonenumbers
from django.conf import settings

from servicetitan.models.crm import CustomerContact

# Better first. A fax reaches nobody.
PHONES = {"MobilePhone": 0, "Phone": 1}
EMAIL = "Email"
_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\".]+(\.[^@\s,;<>\".]+)+")


@dataclass(frozen=True)
class Reach:
    """`email` is lower case, `phone` E.164, such as +16025550123; None where there is none that works."""

    email: str | None = None
    phone: str | None = None


NOWHERE = Reach()


def reach_of(customer_ids: Iterable[int]) -> dict[int, Reach]:
    """By customer, read as the acting unit. The choice stays the same as long as the contacts do."""
    rows = CustomerContact.objects.filter(customer_id__in=list(customer_ids), deleted_at__isnull=True).exclude(active=False)
    by_customer: dict[int, list[CustomerContact]] = defaultdict(list)
    for row in rows.only("id", "customer_id", "type", "value", "phone_number", "do_not_text", "created_on"):
        if row.customer_id is not None:
            by_customer[row.customer_id].append(row)
    return {customer: best(contacts) for customer, contacts in by_customer.items()}


def best(contacts: Iterable[CustomerContact]) -> Reach:
    """The oldest e-mail; the oldest mobile phone that may be texted, then any mobile, then any phone."""
    emails, phones = [], []
    for contact in contacts:
        if contact.type == EMAIL and (address := e_mail(contact.value)):
            emails.append((contact.pk, address))
        elif contact.type in PHONES and (number := e164(contact.value or contact.phone_number)):
            phones.append((PHONES[contact.type], bool(contact.do_not_text), contact.pk, number))
    return Reach(min(emails)[-1] if emails else None, min(phones)[-1] if phones else None)


def e_mail(text: str | None) -> str | None:
    """The address in lower case, or None where it is none."""
    address = (text or "").strip().lower()
    return address if len(address) <= 254 and _ADDRESS.fullmatch(address) else None


def e164(text: str | None, country: str | None = None) -> str | None:
    """The number as +16025550123, or None where it is none. Without a prefix it is one of `country` (HUB_COUNTRY)."""
    try:
        number = phonenumbers.parse(text or "", country or settings.HUB_COUNTRY)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
