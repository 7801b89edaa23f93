"""Continuation tokens: opaque, bound to the feed that gave them out, good for ever.

A token holds a place in the feed's order of modification and a counter that makes it differ from the
last one where the place has not moved. Plain base64: the + / = in it must be encoded in a URL.
"""

import base64
from typing import NamedTuple

from config.sandbox.chance import mix, salt


class Place(NamedTuple):
    position: int
    hop: int = 0


class Tokens:
    def __init__(self, seed: int, feed: str) -> None:
        self._salt = salt(seed, "token:" + feed)

    def write(self, place: Place) -> str:
        words = (place.position, place.hop, self._seal(place))
        return base64.b64encode(b"".join(word.to_bytes(8, "big") for word in words) + b"\xfb").decode()

    def read(self, token: str) -> Place | None:
        """None for anything this feed did not write."""
        try:
            raw = base64.b64decode(token, validate=True)
        except ValueError:
            return None
        if len(raw) != 25 or raw[-1:] != b"\xfb":
            return None
        position, hop, seal = (int.from_bytes(raw[n : n + 8], "big") for n in (0, 8, 16))
        place = Place(position, hop)
        return place if seal == self._seal(place) else None

    def _seal(self, place: Place) -> int:
        return mix(mix(self._salt ^ place.position) ^ place.hop)
