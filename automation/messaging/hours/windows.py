"""Between which hours of the recipient's clock a text message may come.

Federal: 8 to 21 (47 CFR 64.1200(c)(1)), for telephone solicitations; text messages about ordered work keep to it as well, out of
courtesy. States that say more about solicitations are below, each with its source; "known" ones are settled for texts, "assumed"
ones the strict reading of a rule that speaks of calls. Laws change: let counsel look at this table once a year.
A state's rule counts for marketing alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from automation.messaging.hours.zones import Place, country_of, state_of

Hours = tuple[time, time]
MARKETING, SMS = "marketing", "sms"
WEEKDAYS, SATURDAY, SUNDAY = range(5), 5, 6


@dataclass(frozen=True)
class Window:
    """By weekday (0: Monday); a day that is missing has no hours. `holidays`: whether it may come on one."""

    name: str
    days: Mapping[int, Hours]
    source: str
    holidays: bool = True


def _hours(first: int, last: int, minute: int = 0) -> Hours:
    return time(first), time(last, minute)


def _every_day(name: str, first: int, last: int, source: str) -> Window:
    return Window(name, dict.fromkeys(range(7), _hours(first, last)), source)


FEDERAL = _every_day("The federal rule", 8, 21, "47 CFR 64.1200(c)(1); known")
STATES: dict[str, Window] = {
    "FL": _every_day("Florida", 8, 20, "Fla. Stat. 501.616(6)(a); known"),
    "OK": _every_day("Oklahoma", 8, 20, "15 O.S. 775C.4(A); known"),
    "MD": _every_day("Maryland", 8, 20, "Md. Com. Law 14-4503; known"),
    "WA": _every_day("Washington", 8, 20, "RCW 80.36.390(3); known"),
    "CT": _every_day("Connecticut", 9, 20, "Conn. Gen. Stat. 42-288a as of 2023; known"),
    "TX": Window(
        "Texas", {**dict.fromkeys(range(6), _hours(9, 21)), SUNDAY: _hours(12, 21)}, "Tex. Bus. & Com. Code 301.051; known"
    ),
    "AL": Window(
        "Alabama", dict.fromkeys(range(6), _hours(8, 20)), "Ala. Code 8-19C-2 and PSC rules; assumed for texts", holidays=False
    ),
    "LA": Window(
        "Louisiana", dict.fromkeys(range(6), _hours(8, 20)), "La. R.S. 45:844.15 and PSC order; assumed for texts", holidays=False
    ),
    "MS": Window("Mississippi", dict.fromkeys(range(6), _hours(8, 20)), "Miss. Code 77-3-723; assumed for texts"),
    "RI": Window(
        "Rhode Island", {**dict.fromkeys(WEEKDAYS, _hours(9, 18)), SATURDAY: _hours(10, 17)},
        "R.I. Gen. Laws 5-61-3.6; assumed for texts", holidays=False,
    ),
    "KY": _every_day("Kentucky", 10, 21, "KRS 367.46955(10); assumed for texts"),
    "MA": _every_day("Massachusetts", 8, 20, "201 CMR 12.02; assumed for texts"),
    "NV": _every_day("Nevada", 9, 20, "NRS 598.0918; assumed for texts"),
    "WY": _every_day("Wyoming", 8, 20, "Wyo. Stat. 40-12-302; assumed for texts"),
}  # fmt: skip
COUNTRIES: dict[str, Window] = {
    "US": FEDERAL,
    "CA": Window(
        "Canada's rule", {**dict.fromkeys(WEEKDAYS, _hours(9, 21, 30)), **dict.fromkeys((SATURDAY, SUNDAY), _hours(10, 18))},
        "CRTC Unsolicited Telecommunications Rules, part III, 23; assumed for texts",
    ),
}  # fmt: skip
ELSEWHERE = _every_day("The usual rule", 8, 21, "courtesy; assumed")


def window_of(place: Place, channel: str, purpose: str) -> Window | None:
    """None: no law says when. That is so for e-mail."""
    if channel != SMS:
        return None
    country = country_of(place)
    general = COUNTRIES.get(country, ELSEWHERE)
    if purpose != MARKETING:
        return FEDERAL if country == "US" else ELSEWHERE
    return STATES.get(state_of(place), general) if country == "US" else general
