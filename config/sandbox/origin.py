"""Which made-up company all vendors know. Remembered in a file, so that a restart finds it where it would be by now."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from config.sandbox.clock import Clock
from config.sandbox.files import write

CUSTOMERS = 500


@dataclass(frozen=True)
class Origin:
    """What a company follows from: the same origin, the same company."""

    customers: int = CUSTOMERS
    records: int = 0  # in all; takes the place of `customers` when set
    seed: int = 1
    activity: float = 0.015  # share of the customers to whom something happens on a day
    start: str = ""  # the moment where its history ends and its life begins
    advanced: int = 0  # hours that were let pass since, beside those that passed

    def __post_init__(self) -> None:
        if self.customers < 1 or self.records < 0 or self.activity < 0:
            raise ValueError("A company has 1 customer or more, and neither its records nor its activity are negative.")

    def same_as(self, company: "Origin") -> bool:
        return replace(self, advanced=0) == replace(company, advanced=0)

    def clock(self, speed: float = 1.0) -> Clock:
        """At speed 1 it shows real time and the hours that were let pass, however often the process was restarted."""
        if speed < 0:
            raise ValueError("Time only moves forward: a speed is 0 or more.")
        clock = Clock(datetime.fromisoformat(self.start), speed=speed, since_start=True)
        clock.advance(timedelta(hours=self.advanced))
        return clock


class Remembered:
    """The company of the last start."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def company(self, customers: int | None, asked: Origin) -> Origin:
        """Without a number of customers it has the last one's. If anything else differs it is a new one, born now."""
        known = self.last()
        if customers is None and known is not None:
            customers = known.customers
        asked = replace(asked, customers=CUSTOMERS if customers is None else customers)
        if known is not None and known.same_as(replace(asked, start=known.start)):
            return known
        return replace(asked, start=datetime.now(UTC).isoformat())

    def last(self) -> Origin | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Origin)
        except FileNotFoundError:
            return None
        except msgspec.MsgspecError as error:
            raise ValueError(f"{self._path} is not readable ({error}). Remove it to begin with a new company.") from error

    def keep(self, company: Origin) -> None:
        write(self._path, msgspec.json.encode(company))
