"""Names, addresses, phone numbers and e-mails of customers: functions of their position."""

from typing import Any

from config.sandbox.chance import mix, salt
from servicetitan.sandbox.company.history import History
from servicetitan.sandbox.company.people import FIRMS, FIRST_NAMES, LAST_NAMES, MAIL_HOSTS
from servicetitan.sandbox.company.places import AREA_CODES, COMPASS, PLACES, STREET_KINDS, STREETS, Place

KINDS = ("MobilePhone", "Phone", "Email", "MobilePhone", "Email", "Phone", "Fax", "Email")
_FICTIONAL = len(AREA_CODES) * 100  # 555-0100 to 555-0199 in every area code
_PLAIN = str.maketrans({"'": "", " ": "", "-": ""})


class Identity:
    def __init__(self, seed: int, history: History) -> None:
        self._history = history
        self._person = salt(seed, "person")
        self._address = salt(seed, "address")
        self._value = salt(seed, "contact value")

    def commercial(self, customer: int) -> bool:
        return mix(self._person ^ customer) >> 50 & 15 < 2

    def person(self, customer: int) -> tuple[str, str]:
        luck = mix(self._person ^ customer)
        return FIRST_NAMES[luck % len(FIRST_NAMES)], LAST_NAMES[(luck >> 16) % len(LAST_NAMES)]

    def name(self, customer: int) -> str:
        luck = mix(self._person ^ customer)
        first, last = self.person(customer)
        if self.commercial(customer):
            return f"{last} {FIRMS[(luck >> 32) % len(FIRMS)]}"
        if luck >> 40 & 7 == 0:
            return f"{first} & {FIRST_NAMES[(luck >> 44) % len(FIRST_NAMES)]} {last}"
        return f"{first} {last}"

    def place_name(self, home: int, ordinal: int) -> str:
        """What a customer's nth location is called."""
        name = self.name(home)
        return name if ordinal == 0 else f"{name} - Rental {ordinal}"

    def place(self, customer: int) -> Place:
        return self._history.place(customer)

    def postal(self, home: int, ordinal: int = 0, version: int = 0) -> dict[str, Any]:
        """A customer's bill-to address is that of its first location, until it moves (version)."""
        luck = mix(self._address ^ (home << 8 | ordinal << 5 | version & 31))
        return self._lines(luck, self._town(home, version, luck))

    def address(self, home: int, ordinal: int = 0, version: int = 0) -> dict[str, Any]:
        """The same with coordinates, which one in sixteen lacks."""
        luck = mix(self._address ^ (home << 8 | ordinal << 5 | version & 31))
        town = self._town(home, version, luck)
        found = luck >> 44 & 15 != 0
        return {
            **self._lines(luck, town),
            "latitude": round(town.latitude + (luck >> 48 & 255) / 2048, 6) if found else None,
            "longitude": round(town.longitude - (luck >> 56) / 2048, 6) if found else None,
        }

    def _town(self, home: int, version: int, luck: int) -> Place:
        return PLACES[(luck >> 58) % len(PLACES)] if version else self.place(home)

    def _lines(self, luck: int, town: Place) -> dict[str, Any]:
        street = f"{COMPASS[luck >> 14 & 7]}{STREETS[(luck >> 17) % len(STREETS)]}"
        return {
            "street": f"{100 + luck % 9800} {street} {STREET_KINDS[(luck >> 26) % len(STREET_KINDS)]}",
            "unit": None if luck >> 30 & 7 else f"Apt {1 + (luck >> 33) % 240}",
            "city": town.city,
            "state": town.state,
            "zip": f"{town.zip3}{(luck >> 36) % 90 + 1:02d}",
            "country": "USA",
        }

    def contact_kind(self, contact: int, ordinal: int) -> str:
        """The first contact is mostly a phone, the second mostly an e-mail."""
        luck = mix(self._value ^ contact)
        return KINDS[(ordinal * 2 + (luck & 3 == 0)) & 7] if luck >> 2 & 7 else KINDS[luck >> 5 & 7]

    def contact_value(self, contact: int, customer: int, kind: str, version: int) -> str:
        return self._mail(contact, customer, version) if kind == "Email" else self._phone(contact, version)

    def _phone(self, contact: int, version: int) -> str:
        """All different up to some 30,000 contacts; one in ten written the way people type it."""
        luck = mix(self._value ^ contact)
        number = ((contact + version * 5_003) * 7_919 + (self._value & 0xFFFF)) % _FICTIONAL
        code, line = AREA_CODES[number // 100], f"01{number % 100:02d}"
        return f"({code}) 555-{line}" if luck >> 8 & 15 == 0 else f"{code}555{line}"

    def _mail(self, contact: int, customer: int, version: int) -> str:
        first, last = self.person(customer)
        plain = f"{first}.{last}".translate(_PLAIN).lower().encode("ascii", "ignore").decode()
        host = MAIL_HOSTS[contact % len(MAIL_HOSTS)]
        return f"{plain}{contact}{'' if not version else chr(96 + version % 26 + 1)}@{host}"
