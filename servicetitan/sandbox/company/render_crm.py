"""Customers, contacts and locations as the crm module writes them (OpenAPI document tenant-crm-v2)."""

from typing import Any

from config.sandbox import moments
from config.sandbox.chance import mix, salt
from servicetitan.sandbox.company import facts
from servicetitan.sandbox.company.identity import Identity
from servicetitan.sandbox.company.money import Books
from servicetitan.sandbox.company.people import CONTACT_MEMOS
from servicetitan.sandbox.company.reference import CUSTOMER_FIELDS, FIELD_VALUES, field_id, tag_type_id
from servicetitan.sandbox.company.staff import Staff
from servicetitan.sandbox.company.state import State
from servicetitan.sandbox.company.trade import TAGS

Row = dict[str, Any]


class CrmRows:
    def __init__(self, seed: int, state: State, identity: Identity, books: Books, staff: Staff) -> None:
        self._state = state
        self._identity = identity
        self._books = books
        self._staff = staff
        self._salt = salt(seed, "crm rows")
        self._number = {name: state.ledgers[name].ids.of for name in ("customers", "contacts", "locations")}

    def customer(self, customer: facts.Customer) -> Row:
        index = customer.position
        luck = mix(self._salt ^ index)
        limit = None if luck >> 30 & 31 else 5000.0
        return {
            "id": self._number["customers"](index),
            "active": customer.active,
            "name": self._identity.name(index),
            "type": "Commercial" if self._identity.commercial(index) else "Residential",
            "address": self._identity.address(index, 0, customer.address),
            "customFields": _custom_fields(luck),
            "balance": self._books.due_of(index) / 100,
            "taxExempt": luck & 63 == 0,
            "tagTypeIds": tags(luck >> 6),
            "doNotMail": customer.do_not_mail,
            "doNotService": luck >> 12 & 255 == 0,
            "nationalAccount": luck >> 20 & 127 == 0,
            "createdOn": moments.text(customer.created),
            "createdById": self._staff.user_id(luck >> 24),
            "modifiedOn": moments.text(customer.modified),
            "mergedToId": None
            if customer.merged_to is None
            else self._number["customers"](customer.merged_to),
            "paymentTermId": None if luck >> 35 & 3 else 11 + (luck >> 37 & 3),
            "creditLimit": limit,
            "creditLimitBalance": limit,
            "externalData": [],
        }

    def location(self, location: facts.Location) -> Row:
        luck = mix(self._salt ^ location.position ^ 1 << 40)
        return {
            "taxZoneId": None if luck & 1 else 21 + (luck >> 1 & 3),
            "id": self._number["locations"](location.position),
            "customerId": self._number["customers"](location.customer),
            "active": location.active,
            "name": self._identity.place_name(location.home, location.ordinal),
            "address": self._identity.address(location.home, location.ordinal),
            "customFields": [],
            "createdOn": moments.text(location.created),
            "createdById": self._staff.user_id(luck >> 8),
            "modifiedOn": moments.text(location.modified),
            "mergedToId": None,
            "zoneId": None if luck >> 16 & 1 else 31 + (luck >> 17 & 7),
            "taxExempt": luck >> 20 & 63 == 0,
            "tagTypeIds": tags(luck >> 26),
            "externalData": [],
        }

    def contact(self, contact: facts.Contact) -> Row:
        luck = mix(self._salt ^ contact.position ^ 1 << 41)
        kind = self._identity.contact_kind(contact.position, contact.ordinal)
        value = self._identity.contact_value(contact.position, contact.customer, kind, contact.value)
        digits = "" if kind == "Email" else "".join(filter(str.isdigit, value))
        return {
            "modifiedOn": moments.text(contact.modified),
            "phoneSettings": {"phoneNumber": digits, "doNotText": bool(digits) and luck & 15 == 0},
            "createdOn": moments.text(contact.created),
            "preferences": None if luck >> 4 & 3 else _preferences(luck >> 6),
            "id": self._number["contacts"](contact.position),
            "type": kind,
            "value": value,
            "memo": CONTACT_MEMOS[(luck >> 12) % len(CONTACT_MEMOS)],
            "customerId": self._number["customers"](contact.customer),
            "active": contact.active,
        }


def tags(luck: int) -> list[int]:
    """No tag for most, up to two for the others."""
    chance = luck & 15
    if chance < 10:
        return []
    first = (luck >> 4) % len(TAGS)
    return [tag_type_id(first)] if chance < 14 else [tag_type_id(first), tag_type_id((first + 5) % len(TAGS))]


def _custom_fields(luck: int) -> list[Row]:
    count = (0, 2, 4, 4)[luck >> 40 & 3]
    return [
        {"typeId": field_id("customer", n), "name": name, "value": FIELD_VALUES[name][(luck >> 42) % 2]}
        for n, (name, _) in enumerate(CUSTOMER_FIELDS[:count])
    ]


def _preferences(luck: int) -> Row:
    invoice, statement = luck & 1 == 0, luck >> 1 & 1 == 0
    return {
        "jobRemindersEnabled": luck >> 2 & 3 != 0,
        "marketingUpdatesEnabled": luck >> 4 & 1 == 0,
        "invoiceStatementNotification": invoice and statement,
        "invoiceNotification": invoice,
        "statementNotification": statement,
    }
