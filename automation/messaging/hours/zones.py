"""Which clocks may be the recipient's: by the state of the address, by its ZIP where a state has two, by the number where there
is no address. Where several may be, all of them must agree.

Source of the zones: 49 CFR 71 and the IANA database; of ZIP prefixes in split states: the Postal Service's sectional centers.
A prefix is in the table only where its whole area is in one zone; every other one of a split state has all of the state's zones.
"""

from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

import phonenumbers
from django.conf import settings
from phonenumbers import timezone as phone_zones

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
ARIZONA, ALASKA, ALEUTIAN, HAWAII = "America/Phoenix", "America/Anchorage", "America/Adak", "Pacific/Honolulu"

_STATES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("CT", "DC", "DE", "GA", "MA", "MD", "ME", "NC", "NH", "NJ", "NY", "OH", "PA", "RI", "SC", "VA", "VT", "WV"),
                    (EASTERN,)),
    **dict.fromkeys(("AL", "AR", "IA", "IL", "LA", "MN", "MO", "MS", "OK", "WI"), (CENTRAL,)),
    **dict.fromkeys(("CO", "MT", "NM", "UT", "WY"), (MOUNTAIN,)),
    **dict.fromkeys(("CA", "WA"), (PACIFIC,)),
    "NV": (PACIFIC, MOUNTAIN), "AZ": (ARIZONA, MOUNTAIN), "HI": (HAWAII,), "AK": (ALASKA, ALEUTIAN),
    **dict.fromkeys(("FL", "IN", "KY", "MI", "TN"), (EASTERN, CENTRAL)),
    **dict.fromkeys(("KS", "ND", "NE", "SD", "TX"), (CENTRAL, MOUNTAIN)),
    "ID": (MOUNTAIN, PACIFIC), "OR": (PACIFIC, MOUNTAIN),
    "PR": ("America/Puerto_Rico",), "VI": ("America/St_Thomas",), "GU": ("Pacific/Guam",),
}  # fmt: skip
# Three digits of a ZIP whose whole area has one clock.
_ZIPS: dict[str, tuple[tuple[range, str], ...]] = {
    "FL": ((range(326, 328), EASTERN), (range(320, 323), EASTERN), (range(328, 350), EASTERN), (range(325, 326), CENTRAL)),
    "TX": ((range(750, 798), CENTRAL), (range(799, 800), MOUNTAIN), (range(885, 886), MOUNTAIN)),
    "TN": ((range(376, 380), EASTERN), (range(370, 373), CENTRAL), (range(380, 384), CENTRAL)),
    "IN": ((range(460, 463), EASTERN), (range(467, 475), EASTERN)),
    "KY": ((range(400, 420), EASTERN), (range(420, 421), CENTRAL)),
    "MI": ((range(480, 497), EASTERN),),
    "KS": ((range(660, 677), CENTRAL),),
    "NE": ((range(680, 690), CENTRAL),),
    "AZ": ((range(850, 854), ARIZONA), (range(856, 858), ARIZONA)),
    "NV": ((range(889, 892), PACIFIC), (range(893, 898), PACIFIC)),
    "OR": ((range(970, 978), PACIFIC),),
    "ID": ((range(832, 835), MOUNTAIN), (range(836, 838), MOUNTAIN)),
    "ND": ((range(580, 585), CENTRAL),),
    "SD": ((range(570, 575), CENTRAL),),
    "AK": ((range(995, 998), ALASKA),),
}
_OTHERS: dict[str, dict[str, tuple[str, ...]]] = {
    "CA": {
        "BC": ("America/Vancouver", "America/Edmonton"), "AB": ("America/Edmonton",), "SK": ("America/Regina",),
        "MB": ("America/Winnipeg",), "ON": ("America/Toronto", "America/Winnipeg"), "QC": ("America/Toronto",),
        "NB": ("America/Halifax",), "NS": ("America/Halifax",), "PE": ("America/Halifax",),
        "NL": ("America/St_Johns", "America/Halifax"), "YT": ("America/Whitehorse",), "NT": ("America/Edmonton",),
        "NU": ("America/Toronto", "America/Winnipeg", "America/Edmonton"),
    },
    "AU": {
        "NSW": ("Australia/Sydney",), "ACT": ("Australia/Sydney",), "VIC": ("Australia/Melbourne",), "TAS": ("Australia/Hobart",),
        "QLD": ("Australia/Brisbane",), "SA": ("Australia/Adelaide",), "NT": ("Australia/Darwin",), "WA": ("Australia/Perth",),
    },
    "NZ": {"": ("Pacific/Auckland",)}, "GB": {"": ("Europe/London",)}, "IE": {"": ("Europe/Dublin",)},
}  # fmt: skip
_NAMES = {
    "ALABAMA": "AL", "ALASKA": "AK", "ARIZONA": "AZ", "ARKANSAS": "AR", "CALIFORNIA": "CA", "COLORADO": "CO", "CONNECTICUT": "CT",
    "DELAWARE": "DE", "DISTRICT OF COLUMBIA": "DC", "FLORIDA": "FL", "GEORGIA": "GA", "HAWAII": "HI", "IDAHO": "ID",
    "ILLINOIS": "IL", "INDIANA": "IN", "IOWA": "IA", "KANSAS": "KS", "KENTUCKY": "KY", "LOUISIANA": "LA", "MAINE": "ME",
    "MARYLAND": "MD", "MASSACHUSETTS": "MA", "MICHIGAN": "MI", "MINNESOTA": "MN", "MISSISSIPPI": "MS", "MISSOURI": "MO",
    "MONTANA": "MT", "NEBRASKA": "NE", "NEVADA": "NV", "NEW HAMPSHIRE": "NH", "NEW JERSEY": "NJ", "NEW MEXICO": "NM",
    "NEW YORK": "NY", "NORTH CAROLINA": "NC", "NORTH DAKOTA": "ND", "OHIO": "OH", "OKLAHOMA": "OK", "OREGON": "OR",
    "PENNSYLVANIA": "PA", "PUERTO RICO": "PR", "RHODE ISLAND": "RI", "SOUTH CAROLINA": "SC", "SOUTH DAKOTA": "SD",
    "TENNESSEE": "TN", "TEXAS": "TX", "UTAH": "UT", "VERMONT": "VT", "VIRGINIA": "VA", "WASHINGTON": "WA", "WEST VIRGINIA": "WV",
    "WISCONSIN": "WI", "WYOMING": "WY", "ONTARIO": "ON", "QUEBEC": "QC", "BRITISH COLUMBIA": "BC", "ALBERTA": "AB",
    "MANITOBA": "MB", "SASKATCHEWAN": "SK", "NOVA SCOTIA": "NS", "NEW BRUNSWICK": "NB",
}  # fmt: skip
_COUNTRIES = {
    "USA": "US", "US": "US", "UNITED STATES": "US", "UNITED STATES OF AMERICA": "US", "CANADA": "CA", "CAN": "CA", "CA": "CA",
    "AUSTRALIA": "AU", "AUS": "AU", "AU": "AU", "NEW ZEALAND": "NZ", "NZL": "NZ", "NZ": "NZ", "UNITED KINGDOM": "GB", "UK": "GB",
    "GBR": "GB", "GB": "GB", "IRELAND": "IE", "IRL": "IE", "IE": "IE",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where the recipient is, as ServiceTitan writes it. `phone`: E.164; asked only where the address says nothing."""

    country: str = ""
    state: str = ""
    zip: str = ""
    phone: str = ""


def country_of(place: Place) -> str:
    return _COUNTRIES.get(place.country.strip().upper(), str(settings.HUB_COUNTRY))


def state_of(place: Place) -> str:
    """Two letters (three in Australia), or nothing where it is none."""
    written = " ".join(place.state.upper().replace(".", "").split())
    short = _NAMES.get(written, written)
    return short if short in states(country_of(place)) else ""


def states(country: str) -> dict[str, tuple[str, ...]]:
    return _STATES if country == "US" else _OTHERS.get(country, {})


def zones_of(place: Place) -> tuple[ZoneInfo, ...]:
    """At least one."""
    country, state = country_of(place), state_of(place)
    return _zones(_names(country, state, place.zip.strip()[:3], place.phone if not state else ""))


@cache
def _zones(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    return tuple(map(ZoneInfo, names))


@cache
def _every(country: str) -> tuple[str, ...]:
    """Of the country's mainland: a number of its own tells where somebody in Guam lives."""
    far = ("PR", "VI", "GU")
    known = states(country) or {"": (str(settings.TIME_ZONE),)}
    return tuple(sorted({zone for state, zones in known.items() if state not in far for zone in zones}))


def _names(country: str, state: str, prefix: str, phone: str) -> tuple[str, ...]:
    if state:
        found = states(country)[state]
        if len(found) > 1 and country == "US" and prefix.isdigit():
            return next(((zone,) for area, zone in _ZIPS.get(state, ()) if int(prefix) in area), found)
        return found
    if "" in states(country):
        return states(country)[""]
    return _of_phone(phone) or _every(country)


@cache
def _of_phone(phone: str) -> tuple[str, ...]:
    """A toll-free number returns every zone of North America, which says as little as none."""
    if not phone:
        return ()
    try:
        found = phone_zones.time_zones_for_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return ()
    return tuple(found) if found and len(found) <= 4 and "Etc/Unknown" not in found else ()
