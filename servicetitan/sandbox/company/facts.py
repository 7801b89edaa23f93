"""What is true of a record, in numbers: enough to render it, small enough to keep when it changes.

Records refer to each other by position ("position") in their entity; ids exist only in rendered records.
All times are moments (100 ns ticks).
"""

from typing import NamedTuple


class Customer(NamedTuple):
    position: int
    created: int
    modified: int
    active: bool = True
    merged_to: int | None = None
    address: int = 0  # version of the bill-to address
    do_not_mail: bool = False


class Location(NamedTuple):
    position: int
    customer: int
    home: int  # the customer it was made for: its address does not change in a merge
    ordinal: int
    created: int
    modified: int
    active: bool = True


class Contact(NamedTuple):
    position: int
    customer: int
    ordinal: int
    created: int
    modified: int
    value: int = 0  # version of the number or address
    active: bool = True


class Job(NamedTuple):
    position: int
    customer: int
    location: int
    created: int
    modified: int
    status: str
    completed: int | None
    appointments: tuple[int, ...]
    estimates: tuple[int, ...]
    invoice: int
    from_estimate: int | None = None
    earlier: int | None = None  # a job of the same customer that this one is a recall or warranty for
    active: bool = True


class Appointment(NamedTuple):
    position: int
    job: int
    customer: int
    ordinal: int
    created: int
    modified: int
    start: int
    end: int
    status: str
    confirmed: bool
    active: bool = True


OPEN, SOLD, DISMISSED = 0, 1, 2
ESTIMATE_STATUS = ("Open", "Sold", "Dismissed")


class Estimate(NamedTuple):
    position: int
    job: int
    customer: int
    location: int
    created: int
    modified: int
    status: int
    sold: int | None = None
    invoice: int | None = None  # the invoice its items went into
    active: bool = True


class Invoice(NamedTuple):
    position: int
    job: int | None
    customer: int
    location: int
    created: int
    modified: int
    dated: int
    source: int | None  # None: no items; -1: items of its own; otherwise the estimate they come from
    paid: int | None = None
    address: int = 0  # version of the customer's address when it was written
    active: bool = True


OWN_ITEMS = -1
