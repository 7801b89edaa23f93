"""When things happened: a record's place in the company's four years turned into a moment.

A place x runs from 0 (four years before the clock's start) to 1 (one hour before it), and recent years
are busier. Records come out of the exports in order of their place, so every modification time must
rise with x; whatever happens at a job happens between moment(x) and moment(later(x)).
"""

from config.sandbox import moments
from config.sandbox.chance import mix, salt

YEARS = 4
SPAN = YEARS * 365 * 86_400  # seconds
QUIET = moments.HOUR  # before the start: whole history is past the exports' 15 minutes
LAG = 0.01  # a job is wound up within about two weeks
_TIE = 4  # now and then so many neighbours share one instant, as after a bulk edit
_LOCAL_HOURS = (8, 8, 9, 10, 11, 13, 14, 15, 16, 17)


def later(x: float, lag: float = LAG) -> float:
    """The place by which things begun at x are wound up; never beyond the end."""
    return min(x + lag, (1.0 + x) / 2)


class Calendar:
    def __init__(self, seed: int, start: int, blocks: int) -> None:
        self.end = (start - QUIET) // moments.SECOND * moments.SECOND
        self.unit = 1.0 / (blocks + 1)  # one block's share of the four years
        self._fraction = salt(seed, "fraction")
        self._ties = salt(seed, "ties")

    def moment(self, x: float) -> int:
        """Whole seconds, rising with x."""
        return self.end - int(SPAN * (1.0 - x) * (1.0 - 0.5 * x)) * moments.SECOND

    def exact(self, x: float, key: int) -> int:
        """The same with the odd fraction of a second that real timestamps carry."""
        luck = mix(self._fraction ^ key)
        return self.moment(x) + (0 if luck & 15 < 7 else (luck >> 8) % moments.SECOND)

    def tied(self, index: int, count: int) -> int:
        """The neighbour whose modification time this record shares: itself, save in a bulk edit."""
        if count < 2_000 or index > count * 0.95 or mix(self._ties ^ (index // _TIE)) % 24:
            return index
        return index | (_TIE - 1)

    def visit(self, opened: int, closed: int, share: float, hours_behind: int, luck: int) -> tuple[int, int]:
        """Start and end of a visit within [opened, closed], in local working hours where that fits."""
        length = (1 + (luck >> 8) % 3) * moments.HOUR
        hour = _LOCAL_HOURS[luck % 10] + hours_behind
        day = (opened + int((closed - opened) * share)) // moments.DAY
        start = day * moments.DAY + hour * moments.HOUR + (luck >> 4 & 1) * 30 * moments.MINUTE
        if start < opened:
            start += moments.DAY
        if start + length <= closed:
            return start, start + length
        start = opened + int((closed - opened) * share)
        return start, min(start + length, closed)
