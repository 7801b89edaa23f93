"""The whole company at the present moment: a ledger per entity and who belongs to whom by now."""

from collections.abc import Iterable
from typing import Any

from servicetitan.sandbox.company import facts
from servicetitan.sandbox.company.hashing import Ids
from servicetitan.sandbox.company.history import History
from servicetitan.sandbox.company.ledger import Ledger

# Where each entity's ids begin: nine digits, apart from each other up to about 2.4 million records.
FIRST_ID = {
    "customers": 110_000_000,
    "contacts": 210_000_000,
    "locations": 310_000_000,
    "jobs": 410_000_000,
    "appointments": 510_000_000,
    "estimates": 610_000_000,
    "invoices": 710_000_000,
}
ENTITIES = tuple(FIRST_ID)


class State:
    def __init__(self, seed: int, customers: int, start: int) -> None:
        self.history = history = History(seed, customers, start)
        ids = {name: Ids(seed, name, FIRST_ID[name], history.counts[name]) for name in ENTITIES}
        counts = history.counts
        self.customers: Ledger[facts.Customer] = Ledger(
            "customers", ids["customers"], counts["customers"], history.customer, history.customer_modified
        )
        self.contacts: Ledger[facts.Contact] = Ledger(
            "contacts", ids["contacts"], counts["contacts"], history.contact, history.contact_modified
        )
        self.locations: Ledger[facts.Location] = Ledger(
            "locations", ids["locations"], counts["locations"], history.location, history.location_modified
        )
        self.jobs: Ledger[facts.Job] = Ledger(
            "jobs", ids["jobs"], counts["jobs"], history.job, history.job_modified
        )
        self.appointments: Ledger[facts.Appointment] = Ledger(
            "appointments",
            ids["appointments"],
            counts["appointments"],
            history.appointment,
            history.appointment_modified,
        )
        self.estimates: Ledger[facts.Estimate] = Ledger(
            "estimates", ids["estimates"], counts["estimates"], history.estimate, history.estimate_modified
        )
        self.invoices: Ledger[facts.Invoice] = Ledger(
            "invoices", ids["invoices"], counts["invoices"], history.invoice, history.invoice_modified
        )
        self.ledgers: dict[str, Ledger[Any]] = {name: getattr(self, name) for name in ENTITIES}
        self._joined: dict[tuple[str, int], list[int]] = {}
        self._left: set[int] = set()

    def forget(self) -> None:
        for ledger in self.ledgers.values():
            ledger.forget()
        self._joined.clear()
        self._left.clear()

    # who belongs to a customer

    def join(self, name: str, customer: int, index: int) -> None:
        """A new or re-pointed record of a customer."""
        self._joined.setdefault((name, customer), []).append(index)

    def leave(self, customer: int) -> None:
        """A merge took everything of this customer away."""
        self._left.add(customer)
        for name in ("jobs", "locations"):
            self._joined.pop((name, customer), None)

    def jobs_of(self, customer: int) -> list[int]:
        base = () if customer in self._left else self._base_jobs(customer)
        return self._living("jobs", customer, base)

    def origin_of(self, location: int) -> tuple[int, int]:
        """The customer a location was made for and its number there; neither ever changes."""
        if location < self.locations.base:
            home, ordinal, _ = self.history.layout.parent("locations", location)
            return home, ordinal
        record = self.locations.get(location)
        return record.home, record.ordinal

    def locations_of(self, customer: int) -> list[int]:
        base = () if customer in self._left else self._base_children("locations", customer)
        return self._living("locations", customer, base)

    def contacts_of(self, customer: int) -> list[int]:
        """Contacts stay where they are when their customer is merged away."""
        if customer >= self.customers.base:
            base: Iterable[int] = ()
        else:
            base = self.history.layout.children("contacts", customer)
        return self._living("contacts", customer, base)

    def _living(self, name: str, customer: int, base: Iterable[int]) -> list[int]:
        gone = self.ledgers[name].gone
        joined = self._joined.get((name, customer), ())
        return [index for part in (base, joined) for index in part if index not in gone]

    def _base_jobs(self, customer: int) -> list[int]:
        found: list[int] = []
        for home in self._homes(customer):
            found += self.history.layout.visits(home)
        return found

    def _base_children(self, name: str, customer: int) -> list[int]:
        found: list[int] = []
        for home in self._homes(customer):
            found += self.history.layout.children(name, home)
        return found

    def _homes(self, customer: int) -> tuple[int, ...]:
        """The base customers whose records a base customer has: itself and one merged into it."""
        history = self.history
        if customer >= self.customers.base or history.merged_to(customer) is not None:
            return ()
        before = customer - 1
        return (before, customer) if before >= 0 and history.merged_to(before) == customer else (customer,)
