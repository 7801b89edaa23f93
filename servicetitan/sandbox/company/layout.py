"""Who belongs to whom, without a table of it: arithmetic over blocks of ten customers.

A block holds ten customers and a fixed number of every other record; which customer has how many is
one of a few patterns, chosen by the block's hash. So parent and children of any record are found in
constant time and next to no memory, whatever the size of the company.

Jobs come in 22 slots a block. The first ten are first visits. Slot s above that is a later visit:
it happens a fixed number of blocks after its customer's own block, so older customers have more jobs.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from config.sandbox.chance import mix, salt

BLOCK = 10
JOBS = 22
INVOICES = JOBS + 1  # every job's own, booked with it, and one without a job
_PATTERNS = 32
CACHED = 4_096  # pages ask for neighbours again and again; so many answers are kept
_DELAYS = (0.0, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.27, 0.35, 0.45, 0.55, 0.7)


class Spread(NamedTuple):
    """How `total` children fall to the parents of a block."""

    starts: tuple[int, ...]  # first child of each parent, one more entry at the end
    parents: tuple[int, ...]  # parent of each child


def _spread(counts: list[int]) -> Spread:
    starts = [0]
    for count in counts:
        starts.append(starts[-1] + count)
    return Spread(tuple(starts), tuple(p for p, count in enumerate(counts) for _ in range(count)))


def _patterns(name: str, parents: int, least: int, most: int, total: int) -> tuple[Spread, ...]:
    return tuple(_spread(_counts(salt(n, name), parents, least, most, total)) for n in range(_PATTERNS))


def _counts(luck: int, parents: int, least: int, most: int, total: int) -> list[int]:
    counts = [least] * parents
    while sum(counts) < total:
        luck = mix(luck)
        parent = luck % parents
        if counts[parent] < most:
            counts[parent] += 1
    return counts


def _visitors(luck: int) -> tuple[int, ...]:
    """The customer of each job slot: nine of ten get a first visit, later ones favour some customers."""
    first = sorted(range(BLOCK), key=lambda k: mix(luck ^ (k + 1)))
    first[-1] = first[0]
    later = [mix(luck ^ (s * 977)) % (BLOCK * BLOCK) for s in range(BLOCK, JOBS)]
    return (*first, *(n // BLOCK * (n % BLOCK) // BLOCK for n in later))


CONTACTS = _patterns("contacts", BLOCK, 0, 4, 16)
LOCATIONS = _patterns("locations", BLOCK, 1, 3, 13)
APPOINTMENTS = _patterns("appointments", JOBS, 1, 3, 25)
ESTIMATES = _patterns("estimates", JOBS, 0, 3, 11)
VISITORS = tuple(_visitors(salt(n, "visitors")) for n in range(_PATTERNS))


class Family(NamedTuple):
    """One kind of children: how many parents and children a block has."""

    name: str
    patterns: tuple[Spread, ...]
    parents: int
    children: int


FAMILIES = {
    family.name: family
    for family in (
        Family("contacts", CONTACTS, BLOCK, 16),
        Family("locations", LOCATIONS, BLOCK, 13),
        Family("appointments", APPOINTMENTS, JOBS, 25),
        Family("estimates", ESTIMATES, JOBS, 11),
    )
}


class Layout:
    """The base company of `customers` customers; children count from 0 in the order of their parents."""

    def __init__(self, seed: int, customers: int) -> None:
        if customers < 1:
            raise ValueError("A company needs a customer.")
        self._salt = salt(seed, "layout")
        self.pattern: Callable[[int], int] = lru_cache(CACHED)(self._pattern)
        self.visitor: Callable[[int], int] = lru_cache(CACHED)(self._visitor)
        self.blocks = -(-customers // BLOCK)
        self.delays = (0,) * BLOCK + tuple(int(part * self.blocks) for part in _DELAYS)
        jobs = self._total(customers, BLOCK, JOBS)
        self.counts = {
            "customers": customers,
            "contacts": self._children_of("contacts", customers),
            "locations": self._children_of("locations", customers),
            "jobs": jobs,
            "appointments": self._children_of("appointments", jobs),
            "estimates": self._children_of("estimates", jobs),
            "invoices": jobs // JOBS * INVOICES + jobs % JOBS,
        }

    def _total(self, parents: int, each: int, children: int) -> int:
        """Children of so many parents; a part of a block gets its share, at least one."""
        blocks, rest = divmod(parents, each)
        return blocks * children + (max(1, rest * children // each) if rest else 0)

    def _children_of(self, name: str, parents: int) -> int:
        return self.children(name, parents).start if parents else 0

    def _pattern(self, block: int) -> int:
        return mix(self._salt ^ block) % _PATTERNS

    def children(self, name: str, parent: int) -> range:
        family = FAMILIES[name]
        block, slot = divmod(parent, family.parents)
        starts = family.patterns[self.pattern(block)].starts
        first = block * family.children
        return range(first + starts[slot], first + starts[slot + 1])

    def parent(self, name: str, child: int) -> tuple[int, int, int]:
        """(parent, the child's place among its siblings, number of siblings)."""
        family = FAMILIES[name]
        block, offset = divmod(child, family.children)
        spread = family.patterns[self.pattern(block)]
        slot = spread.parents[offset]
        start = spread.starts[slot]
        return block * family.parents + slot, offset - start, spread.starts[slot + 1] - start

    def block_size(self, block: int) -> int:
        return min(BLOCK, self.counts["customers"] - block * BLOCK)

    def _visitor(self, job: int) -> int:
        """The customer a job was booked for, before any merge."""
        block, slot = divmod(job, JOBS)
        delay = self.delays[slot]
        home = block - delay if block >= delay else block
        return home * BLOCK + VISITORS[self.pattern(home)][slot] % self.block_size(home)

    def visits(self, customer: int) -> list[int]:
        """The jobs booked for a customer, oldest first: the inverse of visitor()."""
        home, place = divmod(customer, BLOCK)
        size = self.block_size(home)
        jobs = []
        for slot, who in enumerate(VISITORS[self.pattern(home)]):
            if who % size == place:
                jobs += [block * JOBS + slot for block in self._blocks_of(home, self.delays[slot])]
        total = self.counts["jobs"]
        return sorted(job for job in jobs if job < total)

    def _blocks_of(self, home: int, delay: int) -> list[int]:
        blocks = [home] if home < delay or not delay else []
        if delay and home + delay < self.blocks:
            blocks.append(home + delay)
        return blocks
