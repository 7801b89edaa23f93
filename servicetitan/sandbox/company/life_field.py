"""What happens at work: jobs booked, visits moved, confirmed and done, invoices written."""

from collections import deque

from config.sandbox import moments
from servicetitan.sandbox.company import facts
from servicetitan.sandbox.company.dice import Dice
from servicetitan.sandbox.company.life_office import Office, later_day
from servicetitan.sandbox.company.state import State

_TRIES = 12
_OPEN = {"Scheduled", "Dispatched", "InProgress", "Hold"}
_VISIT = 2 * moments.HOUR


class Field:
    def __init__(self, state: State, office: Office) -> None:
        self._state = state
        self._office = office
        self.forget()

    def forget(self) -> None:
        self._next_base = self._state.history.first_open  # the base company's open jobs are its last ones
        self._booked: deque[int] = deque()
        self.unpaid: list[int] = []  # invoices written since, for Sales to collect

    # finding work

    def open_job(self, dice: Dice) -> facts.Job | None:
        jobs = self._state.jobs
        base = jobs.base - self._next_base
        for _ in range(_TRIES if base + len(self._booked) else 0):
            place = dice.below(base + len(self._booked))
            index = self._next_base + place if place < base else self._booked[place - base]
            if self.is_open(index):
                return jobs.get(index)
        return None

    def is_open(self, index: int) -> bool:
        return self._state.jobs.exists(index) and self._state.jobs.get(index).status in _OPEN

    def _longest_open(self) -> facts.Job | None:
        while self._next_base < self._state.jobs.base:
            self._next_base += 1
            if self.is_open(self._next_base - 1):
                return self._state.jobs.get(self._next_base - 1)
        while self._booked:
            index = self._booked.popleft()
            if self.is_open(index):
                return self._state.jobs.get(index)
        return None

    # booking

    def new_customer(self, moment: int, dice: Dice) -> None:
        self.book(moment, dice, self._office.arrive(moment, dice))

    def new_job(self, moment: int, dice: Dice) -> None:
        customer = self._office.some_customer(dice)
        if customer:
            self.book(moment, dice, customer.position)

    def book(self, moment: int, dice: Dice, customer: int, from_estimate: int | None = None) -> None:
        """A job comes with its first appointment and its invoice (contract section 3.6)."""
        state = self._state
        places = state.locations_of(customer)
        place = places[dice.below(len(places))]
        index, invoice = state.jobs.new_index(), state.invoices.new_index()
        visit = self._add_visit(moment, dice, index, customer, 0)
        address = state.customers.get(customer).address
        state.invoices.put(
            facts.Invoice(invoice, index, customer, place, moment, moment, moment, None, None, address)
        )
        state.jobs.put(
            facts.Job(
                index,
                customer,
                place,
                moment,
                moment,
                "Scheduled",
                None,
                (visit,),
                (),
                invoice,
                from_estimate,
            )
        )
        state.join("jobs", customer, index)
        self._booked.append(index)

    def _add_visit(self, moment: int, dice: Dice, job: int, customer: int, ordinal: int) -> int:
        index = self._state.appointments.new_index()
        start = later_day(moment, dice)
        visit = facts.Appointment(
            index, job, customer, ordinal, moment, moment, start, start + _VISIT, "Scheduled", False
        )
        self._state.appointments.put(visit)
        return index

    # visits

    def _last_visit(self, job: facts.Job) -> facts.Appointment:
        return self._state.appointments.get(job.appointments[-1])

    def move_visit(self, moment: int, dice: Dice) -> None:
        job = self.open_job(dice)
        if job:
            start = later_day(moment, dice)
            moved = self._last_visit(job)._replace(
                modified=moment, start=start, end=start + _VISIT, confirmed=False
            )
            self._state.appointments.put(moved)

    def confirm_visit(self, moment: int, dice: Dice) -> None:
        job = self.open_job(dice)
        if job and not self._last_visit(job).confirmed:
            self._state.appointments.put(self._last_visit(job)._replace(modified=moment, confirmed=True))

    def progress(self, moment: int, dice: Dice) -> None:
        """The technician is sent, then begins to work."""
        job = self.open_job(dice)
        if not job:
            return
        begun = job.status == "Dispatched"
        visit = self._last_visit(job)._replace(
            modified=moment, status="Working" if begun else "Dispatched", confirmed=True
        )
        self._state.appointments.put(visit)
        self._state.jobs.put(job._replace(modified=moment, status="InProgress" if begun else "Dispatched"))

    def add_visit(self, moment: int, dice: Dice) -> None:
        job = self.open_job(dice)
        if job and len(job.appointments) < 5:
            ordinal = self._last_visit(job).ordinal + 1
            visit = self._add_visit(moment, dice, job.position, job.customer, ordinal)
            visits = (*job.appointments, visit)
            self._state.jobs.put(job._replace(modified=moment, appointments=visits))

    def delete_visit(self, moment: int, dice: Dice) -> None:
        """Never a job's only appointment; it stays in the export as inactive (contract section 2.4)."""
        for _ in range(_TRIES):
            job = self.open_job(dice)
            if job and len(job.appointments) > 1:
                deleted = self._last_visit(job)._replace(modified=moment, active=False, status="Canceled")
                self._state.appointments.put(deleted)
                left = job.appointments[:-1]
                self._state.jobs.put(job._replace(modified=moment, appointments=left))
                return

    # the end of a job

    def complete(self, moment: int, dice: Dice) -> None:
        job = self._longest_open()
        if not job:
            return
        for index in job.appointments:
            visit = self._state.appointments.get(index)
            self._state.appointments.put(_done(visit, job.created, moment))
        self._state.jobs.put(job._replace(modified=moment, status="Completed", completed=moment))
        self._bill(job, moment, dice)

    def _bill(self, job: facts.Job, moment: int, dice: Dice) -> None:
        state = self._state
        source = self._source(job, dice)
        paid = moment if source is not None and dice.one_in(2) else None
        invoice = state.invoices.get(job.invoice)._replace(
            modified=moment, dated=moment, source=source, paid=paid
        )
        state.invoices.put(invoice)
        if source is not None and source != facts.OWN_ITEMS:
            state.estimates.put(state.estimates.get(source)._replace(modified=moment, invoice=job.invoice))
        if source is not None and paid is None:
            self.unpaid.append(job.invoice)
            self._office.touch(job.customer, moment)

    def _source(self, job: facts.Job, dice: Dice) -> int | None:
        for index in job.estimates:
            estimate = self._state.estimates.get(index)
            if estimate.status == facts.SOLD and estimate.invoice is None:
                return index
        return None if dice.one_in(8) else facts.OWN_ITEMS

    def cancel(self, moment: int, dice: Dice) -> None:
        """Jobs cannot be deleted, only canceled (contract section 2.4)."""
        job = self.open_job(dice)
        if not job:
            return
        for index in job.appointments:
            visit = self._state.appointments.get(index)
            self._state.appointments.put(visit._replace(modified=moment, status="Canceled"))
        self._state.jobs.put(job._replace(modified=moment, status="Canceled"))
        invoice = self._state.invoices.get(job.invoice)
        self._state.invoices.put(invoice._replace(modified=moment, active=False))


def _done(visit: facts.Appointment, opened: int, moment: int) -> facts.Appointment:
    """A visit that was planned for later has been moved up to just now."""
    start, end = visit.start, visit.end
    if end > moment:
        start, end = max(opened, moment - _VISIT), moment
    return visit._replace(modified=moment, start=start, end=end, status="Done", confirmed=True)
