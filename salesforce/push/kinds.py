"""The two kinds of records a customer can become."""

from dataclasses import dataclass

from django.conf import settings

from salesforce.mapping.records import ACCOUNT, CONTACT
from salesforce.models import Account, Contact


@dataclass(frozen=True)
class Kind:
    name: str
    sobject: str
    model: type[Contact] | type[Account]

    @property
    def table(self) -> str:
        return str(self.model._meta.db_table).replace('"', "")


CONTACTS = Kind("contacts", CONTACT, Contact)
ACCOUNTS = Kind("accounts", ACCOUNT, Account)
BY_SOBJECT = {kind.sobject: kind for kind in (CONTACTS, ACCOUNTS)}


def kinds() -> tuple[Kind, ...]:
    """Those that are sent, in the order in which they need each other."""
    return (ACCOUNTS, CONTACTS) if settings.SALESFORCE_ACCOUNTS == "customer" else (CONTACTS,)
