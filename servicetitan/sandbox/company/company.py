"""A home-services company of any size: its truth at the present clock."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from config.sandbox import moments
from config.sandbox.clock import Clock
from servicetitan.sandbox.company import reference
from servicetitan.sandbox.company.identity import Identity
from servicetitan.sandbox.company.life import Life
from servicetitan.sandbox.company.money import Books
from servicetitan.sandbox.company.render_accounting import AccountingRows
from servicetitan.sandbox.company.render_crm import CrmRows
from servicetitan.sandbox.company.render_jpm import JpmRows
from servicetitan.sandbox.company.render_sales import SalesRows
from servicetitan.sandbox.company.staff import Staff
from servicetitan.sandbox.company.state import ENTITIES, State

Row = dict[str, Any]
RECORDS_A_CUSTOMER = 12  # all seven entities together


class Company:
    """Records are computed when asked for; only what has changed since the clock's start is kept.

    `activity` is the share of customers to whom something happens on a day.
    """

    def __init__(
        self, customers: int = 100, *, seed: int = 1, clock: Clock | None = None, activity: float = 0.015
    ) -> None:
        self.seed = seed
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.state = state = State(seed, customers, self.clock.start)
        self.staff = Staff(seed, customers, self.clock.start)
        self.books = Books(seed, state)
        identity = Identity(seed, state.history)
        crm = CrmRows(seed, state, identity, self.books, self.staff)
        jpm = JpmRows(seed, state, self.books, self.staff)
        self.sales = SalesRows(seed, state, self.books, self.staff)
        self.accounting = AccountingRows(seed, state, identity, self.books, self.staff)
        self._render: dict[str, Callable[[Any], Row]] = {
            "customers": crm.customer,
            "contacts": crm.contact,
            "locations": crm.location,
            "jobs": jpm.job,
            "appointments": jpm.appointment,
            "estimates": self.sales.estimate,
            "invoices": self.accounting.invoice,
        }
        self._fixed = self._short_lists(self.clock.start)
        self.life = Life(seed, state, self.books, self.clock.start, activity)

    @classmethod
    def of_records(
        cls, records: int, *, seed: int = 1, clock: Clock | None = None, activity: float = 0.015
    ) -> "Company":
        """A company with about so many records in all."""
        return cls(max(1, records // RECORDS_A_CUSTOMER), seed=seed, clock=clock, activity=activity)

    def _short_lists(self, start: int) -> dict[str, list[Row]]:
        return {
            "business-units": reference.business_units(start),
            "job-types": reference.job_types(start),
            "tag-types": reference.tag_types(start),
            "technicians": self.staff.technician_rows(),
            "employees": self.staff.employee_rows(),
            "customer-fields": reference.custom_fields(start, "customer", reference.CUSTOMER_FIELDS),
            "job-fields": reference.custom_fields(start, "job", reference.JOB_FIELDS),
            "invoice-fields": reference.custom_fields(start, "invoice", reference.INVOICE_FIELDS),
        }

    @property
    def entities(self) -> tuple[str, ...]:
        return (*ENTITIES, *self._fixed)

    def now(self) -> int:
        """The present moment, with everything that has happened until then carried out."""
        with self.lock:
            now = self.clock.ticks()
            self.life.catch_up(now)
            return now

    def render(self, entity: str, record: Any) -> Row:
        return self._render[entity](record)

    def fixed(self, entity: str) -> list[Row]:
        return [dict(row) for row in self._fixed[entity]]

    def records(self, entity: str) -> Iterator[Row]:
        """Every record there is now, inactive ones included, as the export feed writes them.

        The lock is taken for each record only: freeze the clock for a picture of one moment.
        """
        if entity in self._fixed:
            yield from self.fixed(entity)
            return
        ledger = self.state.ledgers[entity]
        self.now()
        for position in range(ledger.total):
            with self.lock:
                row = self.render(entity, ledger.get(position)) if ledger.exists(position) else None
            if row is not None:
                yield row

    def record(self, entity: str, number: int) -> Row | None:
        with self.lock:
            self.now()
            if entity in self._fixed:
                return next((row for row in self.fixed(entity) if row["id"] == number), None)
            found = self.state.ledgers[entity].find(number)
            return None if found is None else self.render(entity, found)

    def counts(self) -> dict[str, int]:
        with self.lock:
            self.now()
            return {name: ledger.count for name, ledger in self.state.ledgers.items()} | {
                name: len(rows) for name, rows in self._fixed.items()
            }

    # by hand, for tests that need one particular change

    def touch(self, entity: str, number: int, **changes: Any) -> Row:
        """Change a record now: `changes` are fields of its facts (see facts.py)."""
        with self.lock:
            ledger = self.state.ledgers[entity]
            now = self.now()
            ledger.put(self._existing(entity, number)._replace(modified=now, **changes))
            return self.render(entity, self._existing(entity, number))

    def remove(self, entity: str, number: int) -> None:
        """Delete a record physically: it leaves lists and exports without a trace."""
        with self.lock:
            self.now()
            self.state.ledgers[entity].remove(self._existing(entity, number).position)

    def _existing(self, entity: str, number: int) -> Any:
        found = self.state.ledgers[entity].find(number)
        if found is None:
            raise LookupError(f"There is no record {number} among {entity}.")
        return found

    def reset(self) -> None:
        """As on the first day; the clock starts over."""
        with self.lock:
            self.clock.reset()
            self.state.forget()
            self.life.forget()

    def describe(self) -> Row:
        return {
            "seed": self.seed,
            "start": moments.text(self.clock.start),
            "now": moments.text(self.now()),
            "speed": self.clock.speed,
            "events": self.life.happened,
            "eventsPerDay": round(self.life.per_day, 3),
            "counts": self.counts(),
        }
