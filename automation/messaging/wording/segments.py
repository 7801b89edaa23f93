"""How many text messages a text is: GSM 03.38 packs 160 characters into one, Unicode 70; in parts of a longer one 153 and 67."""

import unicodedata
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWICE = frozenset("\f^{}\\[~]|€")  # with an escape before each
GSM, UNICODE = "GSM-7", "UCS-2"
_SIZES = {GSM: (160, 153), UNICODE: (70, 67)}
# What word processors write, and what says the same for less.
_PLAIN = str.maketrans({
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u0060", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022", "-"),
    **dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f\t", " "),
    **dict.fromkeys("\u00ad\u200b\u2060\ufeff"),
    "\u2026": "...",
})


@dataclass(frozen=True)
class Size:
    """`units`: septets, or 16-bit units. `odd`: the characters that made it Unicode."""

    encoding: str
    units: int
    segments: int
    odd: tuple[str, ...] = ()


def plain(text: str) -> str:
    """Typographic signs as the telephone's alphabet has them, and letters composed: it has é, but no accent alone."""
    return unicodedata.normalize("NFC", text).translate(_PLAIN)


def measure(text: str) -> Size:
    odd = tuple(dict.fromkeys(sign for sign in text if sign not in BASIC and sign not in TWICE))
    if odd:
        units = [2 if ord(sign) > 0xFFFF else 1 for sign in text]
        return Size(UNICODE, sum(units), _parts(units, UNICODE), odd)
    units = [2 if sign in TWICE else 1 for sign in text]
    return Size(GSM, sum(units), _parts(units, GSM))


def _parts(units: list[int], encoding: str) -> int:
    """A sign of two units is never cut in two."""
    whole, part = _SIZES[encoding]
    if sum(units) <= whole:
        return 1
    count, room = 1, part
    for unit in units:
        if unit > room:
            count, room = count + 1, part
        room -= unit
    return count
