"""Ids that look like the vendor's: 20 letters and digits for records, UUIDs for stages. The same seed, the same ids."""

from itertools import count

from config.sandbox.chance import mix, salt

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Ids:
    def __init__(self, seed: int, kind: str) -> None:
        self._salt = salt(seed, kind)
        self._numbers = count(1)

    def next(self) -> str:
        number = next(self._numbers)
        bits = mix(self._salt ^ number) << 64 | mix(self._salt ^ ~number & (1 << 63) - 1)
        letters = []
        for _ in range(20):
            bits, place = divmod(bits, 62)
            letters.append(_LETTERS[place])
        return "".join(letters)

    def next_uuid(self) -> str:
        number = next(self._numbers)
        digits = f"{mix(self._salt ^ number):016x}{mix(self._salt ^ (number << 32)):016x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
