"""What happens to money: estimates offered, sold and dismissed, invoices paid and voided."""

from servicetitan.sandbox.company import facts
from servicetitan.sandbox.company.dice import Dice
from servicetitan.sandbox.company.life_field import Field
from servicetitan.sandbox.company.life_office import Office
from servicetitan.sandbox.company.money import Books
from servicetitan.sandbox.company.state import State

_TRIES = 12


class Sales:
    def __init__(self, state: State, books: Books, office: Office, field: Field) -> None:
        self._state = state
        self._books = books
        self._office = office
        self._field = field
        self.forget()

    def forget(self) -> None:
        self._offered: list[int] = []

    def offer(self, moment: int, dice: Dice) -> None:
        job = self._field.open_job(dice)
        if not job:
            return
        index = self._state.estimates.new_index()
        self._state.estimates.put(
            facts.Estimate(index, job.position, job.customer, job.location, moment, moment, facts.OPEN)
        )
        self._state.jobs.put(job._replace(modified=moment, estimates=(*job.estimates, index)))
        self._offered.append(index)

    def sell(self, moment: int, dice: Dice) -> None:
        """Sold while the job is open, it is billed with it; later, it mostly becomes a job of its own."""
        estimate = self._open_estimate(dice)
        if not estimate:
            return
        self._state.estimates.put(estimate._replace(modified=moment, status=facts.SOLD, sold=moment))
        visitable = self._state.locations_of(estimate.customer)
        if not self._field.is_open(estimate.job) and visitable and not dice.one_in(3):
            self._field.book(moment, dice, estimate.customer, estimate.position)

    def dismiss(self, moment: int, dice: Dice) -> None:
        estimate = self._open_estimate(dice)
        if estimate:
            active = not dice.one_in(4)
            dismissed = estimate._replace(modified=moment, status=facts.DISMISSED, active=active)
            self._state.estimates.put(dismissed)

    def _open_estimate(self, dice: Dice) -> facts.Estimate | None:
        estimates = self._state.estimates
        for _ in range(_TRIES if estimates.total else 0):
            index = self._offered_or_any(dice)
            estimate = estimates.get(index)
            if estimates.exists(index) and estimate.status == facts.OPEN and estimate.active:
                return estimate
        return None

    def _offered_or_any(self, dice: Dice) -> int:
        if self._offered and not dice.one_in(3):
            return _take(self._offered, dice)
        return dice.below(self._state.estimates.total)

    def pay(self, moment: int, dice: Dice) -> None:
        invoice = self._due_invoice(dice)
        if invoice:
            self._state.invoices.put(invoice._replace(modified=moment, paid=moment))
            self._office.touch(invoice.customer, moment)

    def void(self, moment: int, dice: Dice) -> None:
        invoice = self._due_invoice(dice)
        if invoice:
            self._state.invoices.put(invoice._replace(modified=moment, active=False))
            self._office.touch(invoice.customer, moment)

    def _due_invoice(self, dice: Dice) -> facts.Invoice | None:
        """One of those written since the clock's start, or an older one."""
        invoices = self._state.invoices
        for _ in range(3 * _TRIES):
            if self._field.unpaid and not dice.one_in(3):
                index = _take(self._field.unpaid, dice)
            else:
                index = invoices.base - 1 - dice.below(max(1, invoices.base // 10))
            invoice = invoices.get(index)
            if invoices.exists(index) and invoice.active and self._books.invoice_sums(invoice).due > 0:
                return invoice
        return None


def _take(waiting: list[int], dice: Dice) -> int:
    place = dice.below(len(waiting))
    waiting[place], waiting[-1] = waiting[-1], waiting[place]
    return waiting.pop()
