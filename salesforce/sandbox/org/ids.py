"""Record ids: 15 characters that tell capitals from small letters, and three more for readers that don't."""

from config.sandbox.chance import mix, salt

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_DIGITS = 9


def checked(short: str) -> str:
    """The 18 characters of 15: each check letter says which of five characters are capitals."""
    checks = ""
    for start in (0, 5, 10):
        capitals = sum(1 << place for place, letter in enumerate(short[start : start + 5]) if "A" <= letter <= "Z")
        checks += _CHECKS[capitals]
    return short + checks


def whole(id: str) -> str | None:
    """The 18 characters of an id as a caller may write it; None for what cannot be one."""
    if len(id) not in (15, 18) or not (id.isascii() and id.isalnum()):
        return None
    long = checked(id[:15])
    return long if len(id) == 15 or id[15:].upper() == long[15:] else None


class Ids:
    """Ids in sequence, as an org gives them. The same seed, the same ids."""

    def __init__(self, seed: int, prefix: str) -> None:
        bits = mix(salt(seed, "pod"))
        self._head = prefix + _LETTERS[bits % 62] + _LETTERS[bits // 62 % 62] + "0"
        self.made = 0

    def next(self) -> str:
        self.made += 1
        number, tail = self.made, ""
        for _ in range(_DIGITS):
            number, place = divmod(number, 62)
            tail = _LETTERS[place] + tail
        return checked(self._head + tail)
