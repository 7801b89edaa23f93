"""What estimates and invoices add up to: lines chosen by hash, sums in whole cents."""

from typing import NamedTuple

from config.sandbox.chance import mix, salt
from servicetitan.sandbox.company import facts
from servicetitan.sandbox.company.state import State
from servicetitan.sandbox.company.trade import FIRST_OF_TRADE, JOB_TYPES, SKUS, JobType

LINES_A_DOCUMENT = 8  # room for line numbers in item ids
_INVOICE_LINES = (1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 4, 5, 6)
_ESTIMATE_LINES = (1, 2, 2, 3, 3, 4, 4, 5)


class Line(NamedTuple):
    sku: int  # position in ALL_SKUS
    quantity: int
    cents: int  # of one

    @property
    def total(self) -> int:
        return self.quantity * self.cents


class Sums(NamedTuple):
    subtotal: int
    tax: int
    total: int
    due: int


class Books:
    def __init__(self, seed: int, state: State) -> None:
        self._state = state
        self._type = salt(seed, "job type")
        self._estimate = salt(seed, "estimate lines")
        self._invoice = salt(seed, "invoice lines")

    def job_type(self, job: int) -> int:
        return mix(self._type ^ job) % len(JOB_TYPES)

    def type_of(self, job: int | None) -> JobType:
        return JOB_TYPES[0 if job is None else self.job_type(job)]

    def estimate_lines(self, estimate: int, job: int | None) -> list[Line]:
        luck = mix(self._estimate ^ estimate)
        return _lines(luck, self.type_of(job).trade, _ESTIMATE_LINES[luck & 7])

    def invoice_lines(self, invoice: facts.Invoice) -> list[Line]:
        return self._billed(invoice.position, invoice.job, invoice.source)

    def _billed(self, invoice: int, job: int | None, source: int | None) -> list[Line]:
        """A sold estimate's lines move onto the invoice as they are."""
        if source is None:
            return []
        if source != facts.OWN_ITEMS:
            return self.estimate_lines(source, job)
        luck = mix(self._invoice ^ invoice)
        return _lines(luck, self.type_of(job).trade, _INVOICE_LINES[luck & 15])

    def job_total(self, job: facts.Job) -> int:
        """What the job's invoice comes to; worked out without the invoice while that is unchanged."""
        invoice, source = job.invoice, self._state.history.items_source
        if self._state.invoices.changed(invoice):
            return self.invoice_sums(self._state.invoices.get(invoice)).total
        return self.sums(self._billed(invoice, job.position, source(job.position)), job.location, False).total

    def tax_rate(self, location: int) -> int:
        """In hundredths of a percent, by the town of the work."""
        return self._state.history.place(self._state.origin_of(location)[0]).tax_per_10000

    def invoice_sums(self, invoice: facts.Invoice) -> Sums:
        return self.sums(self.invoice_lines(invoice), invoice.location, invoice.paid is None)

    def sums(self, lines: list[Line], location: int, due: bool) -> Sums:
        subtotal = sum(line.total for line in lines)
        tax = (subtotal * self.tax_rate(location) + 5_000) // 10_000 if lines else 0
        return Sums(subtotal, tax, subtotal + tax, subtotal + tax if due else 0)

    def due_of(self, customer: int) -> int:
        """A customer's balance: what its jobs' invoices still lack."""
        state = self._state
        due = 0
        for job in state.jobs_of(customer):
            invoice = self._unpaid(job)
            if invoice is not None and invoice.active:
                due += self.invoice_sums(invoice).due
        return due

    def _unpaid(self, job: int) -> facts.Invoice | None:
        """Most invoices are paid: for an unchanged one a hash says so without building it."""
        state = self._state
        born = job >= state.jobs.base
        index = state.jobs.get(job).invoice if born else state.history.invoice_of(job)
        if not state.invoices.exists(index):
            return None
        if not state.invoices.changed(index) and not state.history.unpaid(index):
            return None
        invoice = state.invoices.get(index)
        return invoice if invoice.paid is None else None


def _lines(luck: int, trade: int, count: int) -> list[Line]:
    """Distinct articles of one trade; the last of a trade may be a discount, but never alone."""
    shop, first = SKUS[trade], FIRST_OF_TRADE[trade]
    size = len(shop) if count > 1 else len(shop) - 1
    start = (luck >> 8) % size
    lines = []
    for n in range(count):
        place = (start + n) % size
        quantity = 1 + (luck >> (16 + 2 * n) & 3 == 3) + (luck >> (32 + 2 * n) & 7 == 7)
        lines.append(Line(first + place, quantity, shop[place].cents))
    return lines
