"""Ids that look like the vendor's: 20 letters and digits for records, UUIDs for stages. The same seed, the same ids."""

from config.sandbox.chance import mix, salt

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = tuple(first + second for first in _LETTERS for second in _LETTERS)
_SQUARE = len(_PAIRS)


class Ids:
    def __init__(self, seed: int, kind: str) -> None:
        self._salt = salt(seed, kind)
        self.made = 0

    def next(self) -> str:
        number = self._number()
        return _ten(mix(self._salt ^ number)) + _ten(mix(self._salt ^ (number << 32)))

    def next_uuid(self) -> str:
        number = self._number()
        digits = f"{mix(self._salt ^ number):016x}{mix(self._salt ^ (number << 32)):016x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"

    def _number(self) -> int:
        self.made += 1
        return self.made


def _ten(bits: int) -> str:
    parts = []
    for _ in range(5):
        bits, place = divmod(bits, _SQUARE)
        parts.append(_PAIRS[place])
    return "".join(parts)
