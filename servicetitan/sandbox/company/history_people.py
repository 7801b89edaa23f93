"""Customers, their locations and contacts, up to the clock's start."""

from collections.abc import Callable
from functools import lru_cache

from config.sandbox.chance import mix, salt
from servicetitan.sandbox.company import facts
from servicetitan.sandbox.company.calendar import Calendar, later
from servicetitan.sandbox.company.layout import BLOCK, CACHED, Layout
from servicetitan.sandbox.company.places import PLACES, Place

CUSTOMER_LAG, LOCATION_LAG, CONTACT_LAG = 0.15, 0.1, 0.05


class PeopleHistory:
    def __init__(self, seed: int, customers: int, start: int) -> None:
        self.layout = Layout(seed, customers)
        self.calendar = Calendar(seed, start, self.layout.blocks)
        self.counts = self.layout.counts
        self._salts = {name: salt(seed, name) for name in (*self.counts, "place", "visit", "paid")}
        self.place: Callable[[int], Place] = lru_cache(CACHED)(self._town)
        self.owner: Callable[[int], int] = lru_cache(CACHED)(self._owner)
        towns = {mix(salt(seed, "towns") ^ n) % len(PLACES) for n in range(12)}
        self._home_places = sorted(towns | {0, 1, 2, 4})

    def luck(self, name: str, index: int) -> int:
        return mix(self._salts[name] ^ index)

    def _town(self, customer: int) -> Place:
        """The town a customer lives in; a company works about a dozen, always some in Arizona."""
        return PLACES[self._home_places[self.luck("place", customer) % len(self._home_places)]]

    def merged_to(self, customer: int) -> int | None:
        """One customer in a hundred is a duplicate that was merged into its neighbour."""
        if customer & 1 or self.luck("customers", customer) % 50 or customer % BLOCK == BLOCK - 1:
            return None
        target = customer + 1
        return target if target < self.counts["customers"] else None

    def _owner(self, customer: int) -> int:
        target = self.merged_to(customer)
        return customer if target is None else target

    def customer_place(self, customer: int) -> float:
        block, slot = divmod(customer, BLOCK)
        return (block + (slot + 0.5) / BLOCK) * self.calendar.unit

    def customer_modified(self, index: int) -> int:
        index = self.calendar.tied(index, self.counts["customers"])
        return self.calendar.exact(later(self.customer_place(index), CUSTOMER_LAG), index << 3)

    def customer(self, index: int) -> facts.Customer:
        luck = self.luck("customers", index)
        merged = self.merged_to(index)
        return facts.Customer(
            index,
            self.calendar.exact(self.customer_place(index), index << 3 | 4),
            self.customer_modified(index),
            merged is None and (luck >> 8) % 50 != 0,
            merged,
            0,
            (luck >> 16) % 12 == 0,
        )

    def _child_place(self, name: str, index: int) -> float:
        parent, ordinal, siblings = self.layout.parent(name, index)
        step = 0.5 * (ordinal + 1) / (siblings + 1) / BLOCK
        return self.customer_place(parent) + step * self.calendar.unit

    def location_modified(self, index: int) -> int:
        index = self.calendar.tied(index, self.counts["locations"])
        return self.calendar.exact(later(self._child_place("locations", index), LOCATION_LAG), index << 3 | 1)

    def location(self, index: int) -> facts.Location:
        home, ordinal, _ = self.layout.parent("locations", index)
        created = self.calendar.exact(self._child_place("locations", index), index << 3 | 5)
        active = ordinal == 0 or self.luck("locations", index) % 40 != 0
        modified = self.location_modified(index)
        return facts.Location(index, self.owner(home), home, ordinal, created, modified, active)

    def contact_modified(self, index: int) -> int:
        index = self.calendar.tied(index, self.counts["contacts"])
        return self.calendar.exact(later(self._child_place("contacts", index), CONTACT_LAG), index << 3 | 2)

    def contact(self, index: int) -> facts.Contact:
        parent, ordinal, _ = self.layout.parent("contacts", index)
        created = self.calendar.exact(self._child_place("contacts", index), index << 3 | 6)
        active = self.merged_to(parent) is None and self.luck("contacts", index) % 25 != 0
        return facts.Contact(index, parent, ordinal, created, self.contact_modified(index), 0, active)
