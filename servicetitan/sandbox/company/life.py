"""The company's life after the clock's start: event k happens at start + k * interval.

What happens is a function of (seed, k) and of what happened before, so the state at a moment is the
same in however many steps the clock got there.
"""

from collections.abc import Callable

from config.sandbox import moments
from config.sandbox.chance import mix, salt
from servicetitan.sandbox.company.dice import Dice
from servicetitan.sandbox.company.life_field import Field
from servicetitan.sandbox.company.life_office import Office
from servicetitan.sandbox.company.life_sales import Sales
from servicetitan.sandbox.company.money import Books
from servicetitan.sandbox.company.state import State

Handler = Callable[[int, Dice], None]


class Life:
    """`activity`: the share of customers to whom something happens on a day."""

    def __init__(self, seed: int, state: State, books: Books, start: int, activity: float) -> None:
        self._salt = salt(seed, "life")
        self._start = start
        self.per_day = activity * state.customers.base
        self._interval = max(1, int(moments.DAY / self.per_day)) if self.per_day > 0 else 0
        self._office = Office(state)
        self._field = Field(state, self._office)
        self._sales = Sales(state, books, self._office, self._field)
        self._kinds = [handler for handler, weight in self._weights() for _ in range(weight)]
        self.happened = 0

    def _weights(self) -> tuple[tuple[Handler, int], ...]:
        """Of a thousand events, how many are of each kind."""
        field, office, sales = self._field, self._office, self._sales
        return (
            (field.new_customer, 65),
            (field.new_job, 150),
            (field.move_visit, 70),
            (field.confirm_visit, 105),
            (field.progress, 110),
            (field.add_visit, 18),
            (field.delete_visit, 8),
            (field.complete, 195),
            (field.cancel, 15),
            (sales.offer, 75),
            (sales.sell, 38),
            (sales.dismiss, 22),
            (sales.pay, 78),
            (sales.void, 3),
            (office.move, 14),
            (office.change_number, 16),
            (office.opt_out, 6),
            (office.switch_active, 4),
            (office.merge, 4),
            (office.erase, 4),
        )

    def forget(self) -> None:
        self.happened = 0
        self._office.forget()
        self._field.forget()
        self._sales.forget()

    def catch_up(self, now: int) -> None:
        """Carry out everything that is due by now."""
        due = (now - self._start) // self._interval if self._interval else 0
        while self.happened < due:
            self.happened += 1
            luck = mix(self._salt ^ self.happened)
            handler = self._kinds[luck % len(self._kinds)]
            handler(self._start + self.happened * self._interval, Dice(luck))
