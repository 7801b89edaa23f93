"""Cheap deterministic randomness: every made-up value is a hash of (seed, purpose, number).

random.Random costs microseconds to seed; a mixed integer costs a third of one, and a company of a
million records asks for several per record.
"""

from zlib import crc32

MASK = (1 << 64) - 1
_MILLION = 1_000_000


def mix(value: int) -> int:
    """splitmix64's finaliser: 64 well-mixed bits from any integer."""
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def salt(seed: int, purpose: str) -> int:
    """A 64-bit constant to xor a record's number with, so that purposes do not share their luck."""
    return mix(mix(seed) ^ (crc32(purpose.encode()) << 17))


def hits(share: float, constant: int, number: int) -> bool:
    """Whether the thing with this number belongs to the `share` (0 to 1) of all things; `constant` from salt()."""
    return share >= 1 or mix(constant ^ number) % _MILLION < share * _MILLION
