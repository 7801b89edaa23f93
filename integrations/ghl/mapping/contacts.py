"""A customer as a contact."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from config.feed.wanted import Skip, fingerprint
from servicetitan.models import NOWHERE, Customer, Reach, TagType, reach_of

CUSTOMER_FIELD = "contact.st_customer_id"
SOURCE = "ServiceTitan"
_COUNTRY = {"usa": "US", "united states": "US", "united states of america": "US", "canada": "CA"}


@dataclass(frozen=True)
class WantedContact:
    """`values`: the vendor's fields, custom ones apart, e-mail and phone among them. `on_create`: only upsert takes these.

    `custom`: {key of a custom field: text}.
    """

    customer_id: int
    name: str
    values: dict[str, Any]
    on_create: dict[str, Any]
    custom: dict[str, str]
    tags: list[str]
    hash: str = field(default="", compare=False)

    @property
    def email(self) -> str | None:
        return self.values.get("email")

    @property
    def phone(self) -> str | None:
        return self.values.get("phone")


@dataclass(frozen=True)
class Merged:
    """The customer was merged into another one, which takes over its contact."""

    into: int


Outcome = WantedContact | Skip | Merged


def wanted_contacts(customer_ids: Collection[int], present: Collection[int]) -> dict[int, Outcome]:
    """By customer. `present`: those who are contacts already: they stay, whatever becomes of the customer."""
    customers = {c.pk: c for c in Customer.objects.filter(pk__in=list(customer_ids)).defer("raw")}
    reach = reach_of(customers)
    tags = _tag_names({id for c in customers.values() for id in c.tag_type_ids or []})
    found: dict[int, Outcome] = {}
    for id in customer_ids:
        customer = customers.get(id)
        if customer is None:
            found[id] = Skip("The customer is not in the mirror (yet).")
        else:
            found[id] = wanted_contact(customer, reach.get(id, NOWHERE), tags, present=id in present)
    return found


def wanted_contact(customer: Customer, reach: Reach, tag_names: dict[int, str], *, present: bool) -> Outcome:
    if customer.merged_to_id and customer.merged_to_id != customer.pk:
        return Merged(customer.merged_to_id)
    gone = customer.active is False or customer.deleted_at is not None
    if not present and gone:
        return Skip("The customer is inactive in ServiceTitan." if customer.deleted_at is None else "The customer was deleted.")
    if not present and not (reach.email or reach.phone):
        return Skip("The customer has no phone number and no e-mail address that work: GoHighLevel could not tell who it is.")
    values = {
        **_names(customer), "email": reach.email, "phone": reach.phone, "address1": _street(customer), "city": customer.city,
        "state": customer.state, "postalCode": customer.zip, "country": _country(customer.country), "source": SOURCE,
    }  # fmt: skip
    values = {name: value for name, value in values.items() if value}  # what is empty here may be known there
    on_create = {"companyName": customer.name} if _is_company(customer) and customer.name else {}
    tags = sorted({_tag(tag_names[id]) for id in customer.tag_type_ids or [] if id in tag_names})
    tags += [_tag("inactive")] if gone else []
    custom = {CUSTOMER_FIELD: str(customer.pk)}
    return WantedContact(
        customer.pk, customer.name or "", values, on_create, custom, tags, fingerprint(values, custom, tags)
    )


def _is_company(customer: Customer) -> bool:
    return (customer.type or "").lower() == "commercial"


def _names(customer: Customer) -> dict[str, str]:
    """ServiceTitan has one name: "Smith, John", "John Smith" or a company's."""
    name = re.sub(r"\s+", " ", customer.name or "").strip()
    if not name:
        return {}
    if _is_company(customer):
        return {"name": name}
    last, comma, first = (part.strip() for part in name.partition(","))
    if not comma:
        first, _, last = name.rpartition(" ")
        first, last = (first, last) if first else (last, "")
    return {part: text for part, text in (("firstName", first), ("lastName", last)) if text}


def _street(customer: Customer) -> str:
    return " ".join(part.strip() for part in (customer.street, customer.unit) if part and part.strip())


def _country(text: str | None) -> str | None:
    """Two letters, as the vendor asks; nothing for what we do not know."""
    country = (text or "").strip()
    return country.upper() if len(country) == 2 and country.isalpha() else _COUNTRY.get(country.lower())


def _tag(name: str) -> str:
    return f"{settings.GHL_TAG_PREFIX}{name.strip().lower()}"


def _tag_names(ids: Collection[int]) -> dict[int, str]:
    return {row.pk: row.name for row in TagType.objects.filter(pk__in=ids).only("id", "name") if row.name}
