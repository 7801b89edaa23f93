"""Ids that rise with time as a vendor's do, without giving away the order of time."""

from collections.abc import Callable
from functools import lru_cache

from config.sandbox.chance import mix, salt

WINDOW = 16  # ids are shuffled within windows of this many records
_STEP, _BACK = 11, 3  # 11 * 3 = 1 modulo 16


class Ids:
    """Two-way map between a record's position in time and its id.

    Ids rise with time, as a vendor's sequence does, but are shuffled inside small windows and have
    gaps, so that no client can pass by taking id order for modification order or by counting.
    """

    def __init__(self, seed: int, name: str, first: int, base: int, stride: int = 37) -> None:
        self._salt = salt(seed, "id:" + name)
        self._first = first
        self._stride = stride
        self._shuffled = base // WINDOW * WINDOW
        self._turn = self._salt & (WINDOW - 1)
        self.of: Callable[[int], int] = lru_cache(4_096)(self._of)

    def rank(self, index: int) -> int:
        """Place of a record in id order."""
        if index >= self._shuffled:
            return index
        return (index & -WINDOW) | ((index * _STEP + self._turn) & (WINDOW - 1))

    def at_rank(self, rank: int) -> int:
        if rank >= self._shuffled:
            return rank
        return (rank & -WINDOW) | (((rank - self._turn) * _BACK) & (WINDOW - 1))

    def _of(self, index: int) -> int:
        rank = self.rank(index)
        return self._first + rank * self._stride + mix(self._salt ^ rank) % self._stride

    def index(self, number: int) -> int | None:
        """The position whose id this is; None when no record can have it."""
        rank = (number - self._first) // self._stride
        if rank < 0:
            return None
        index = self.at_rank(rank)
        return index if self.of(index) == number else None
