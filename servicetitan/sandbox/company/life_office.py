"""What happens to customers: new ones, moves, changed numbers, merges, deletions."""

from config.sandbox import moments
from servicetitan.sandbox.company import facts
from servicetitan.sandbox.company.dice import Dice
from servicetitan.sandbox.company.layout import BLOCK, INVOICES, JOBS
from servicetitan.sandbox.company.state import State

_TRIES = 12


class Office:
    def __init__(self, state: State) -> None:
        self._state = state
        self._merged_into: set[int] = set()

    def forget(self) -> None:
        self._merged_into.clear()

    # finding somebody

    def some_customer(self, dice: Dice) -> facts.Customer | None:
        """An active one that can be visited."""
        customers = self._state.customers
        for _ in range(_TRIES):
            index = dice.below(customers.total)
            if customers.exists(index) and customers.get(index).active and self._state.locations_of(index):
                return customers.get(index)
        return None

    def touch(self, customer: int, moment: int) -> None:
        """The balance has changed, and with it modifiedOn (contract section 2.4)."""
        if self._state.customers.exists(customer):
            self._state.customers.put(self._state.customers.get(customer)._replace(modified=moment))

    # what happens

    def arrive(self, moment: int, dice: Dice) -> int:
        state = self._state
        index = state.customers.new_index()
        state.customers.put(facts.Customer(index, moment, moment))
        place = state.locations.new_index()
        state.locations.put(facts.Location(place, index, index, 0, moment, moment))
        state.join("locations", index, place)
        for ordinal in range(1 + dice.below(3)):
            contact = state.contacts.new_index()
            state.contacts.put(facts.Contact(contact, index, ordinal, moment, moment))
            state.join("contacts", index, contact)
        return index

    def move(self, moment: int, dice: Dice) -> None:
        customer = self.some_customer(dice)
        if customer:
            changed = customer._replace(modified=moment, address=customer.address + 1)
            self._state.customers.put(changed)

    def change_number(self, moment: int, dice: Dice) -> None:
        """A contact gets another value; its customer's modifiedOn does not move (contract section 2.4)."""
        contacts = self._state.contacts
        for _ in range(_TRIES):
            index = dice.below(contacts.total)
            if contacts.exists(index) and contacts.get(index).active:
                contact = contacts.get(index)
                contacts.put(contact._replace(modified=moment, value=contact.value + 1))
                return

    def opt_out(self, moment: int, dice: Dice) -> None:
        customer = self.some_customer(dice)
        if customer:
            changed = customer._replace(modified=moment, do_not_mail=not customer.do_not_mail)
            self._state.customers.put(changed)

    def switch_active(self, moment: int, dice: Dice) -> None:
        """Mostly somebody is deactivated, now and then somebody comes back."""
        customers = self._state.customers
        for _ in range(_TRIES):
            index = dice.below(customers.total)
            customer = customers.get(index)
            if customers.exists(index) and customer.merged_to is None:
                customers.put(customer._replace(modified=moment, active=not customer.active))
                return

    def merge(self, moment: int, dice: Dice) -> None:
        """A duplicate goes into another customer, and its work is re-pointed (contract section 2.4)."""
        old, new = self.some_customer(dice), self.some_customer(dice)
        if not old or not new or old.position == new.position:
            return
        self._repoint_jobs(old.position, new.position, moment)
        self._repoint_places(old.position, new.position, moment)
        self._state.leave(old.position)
        for contact in self._state.contacts_of(old.position):
            self._state.contacts.put(
                self._state.contacts.get(contact)._replace(modified=moment, active=False)
            )
        self._state.customers.put(old._replace(modified=moment, active=False, merged_to=new.position))
        self.touch(new.position, moment)
        self._merged_into.add(new.position)

    def _repoint_jobs(self, old: int, new: int, moment: int) -> None:
        state = self._state
        invoices = self._counter_sales(old)
        for index in state.jobs_of(old):
            job = state.jobs.get(index)
            state.jobs.put(job._replace(customer=new, modified=moment))
            state.join("jobs", new, index)
            invoices.append(job.invoice)
            for visit in job.appointments:
                state.appointments.put(state.appointments.get(visit)._replace(customer=new, modified=moment))
            for estimate in job.estimates:
                state.estimates.put(state.estimates.get(estimate)._replace(customer=new, modified=moment))
        for invoice in invoices:
            state.invoices.put(state.invoices.get(invoice)._replace(customer=new, modified=moment))

    def _repoint_places(self, old: int, new: int, moment: int) -> None:
        state = self._state
        for index in state.locations_of(old):
            state.locations.put(state.locations.get(index)._replace(customer=new, modified=moment))
            state.join("locations", new, index)

    def _counter_sales(self, customer: int) -> list[int]:
        """Invoices without a job: at most one, in the customer's own block."""
        invoices = self._state.invoices
        index = customer // BLOCK * INVOICES + JOBS
        if index >= invoices.base or not invoices.exists(index):
            return []
        invoice = invoices.get(index)
        return [index] if invoice.job is None and invoice.customer == customer else []

    # physically gone

    def erase(self, moment: int, dice: Dice) -> None:
        """Gone without a tombstone: a contact, an unsold estimate or a customer without work."""
        (self._erase_contact, self._erase_contact, self._erase_estimate, self._erase_customer)[dice.below(4)](
            moment, dice
        )

    def _erase_contact(self, moment: int, dice: Dice) -> None:
        contacts = self._state.contacts
        index = dice.below(contacts.total)
        if contacts.exists(index):
            contacts.remove(index)

    def _erase_estimate(self, moment: int, dice: Dice) -> None:
        state = self._state
        for _ in range(_TRIES):
            index = dice.below(state.estimates.total)
            estimate = state.estimates.get(index)
            if state.estimates.exists(index) and estimate.status != facts.SOLD:
                job = state.jobs.get(estimate.job)
                left = tuple(one for one in job.estimates if one != index)
                state.jobs.put(job._replace(estimates=left, modified=moment))
                state.estimates.remove(index)
                return

    def _erase_customer(self, moment: int, dice: Dice) -> None:
        state = self._state
        for _ in range(_TRIES):
            index = dice.below(state.customers.total)
            if state.customers.exists(index) and self._unused(index):
                for place in state.locations_of(index):
                    state.locations.remove(place)
                for contact in state.contacts_of(index):
                    state.contacts.remove(contact)
                state.customers.remove(index)
                return

    def _unused(self, customer: int) -> bool:
        """Nothing points at it: no work, no sale, nobody merged into it."""
        history = self._state.history
        before = customer - 1
        merged = customer in self._merged_into or (
            0 <= before < self._state.customers.base and history.merged_to(before) == customer
        )
        return not merged and not self._state.jobs_of(customer) and not self._counter_sales(customer)


def later_day(moment: int, dice: Dice) -> int:
    """Some time in the coming days, on the half hour."""
    day = moment // moments.DAY + 1 + dice.below(9)
    return day * moments.DAY + (28 + dice.below(18)) * 30 * moments.MINUTE
