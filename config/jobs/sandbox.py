"""The emulated vendors as `manage.py sandbox` serves them: settings, credentials, the remembered company."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

from config.isolation.egress import guard
from config.sandbox import ports, vendors
from config.sandbox.keeper import Keeper
from config.sandbox.origin import Origin, Remembered
from config.sandbox.serving import Served
from config.sandbox.vendors import Start, Vendor

T = TypeVar("T")


@dataclass(frozen=True)
class Play:
    """What all vendors play, from the options of the command."""

    first_port: int
    speed: float
    switches: dict[str, dict[str, Any]]  # by vendor
    faults: dict[str, list[Any]]

    def served(self, vendor: Vendor, origin: Origin) -> Served:
        """The vendor's emulator, with what it was told before where that outlives a restart."""
        start = Start(
            origin=origin,
            url=ports.address_of(vendor.unit, self.first_port),
            speed=self.speed,
            credentials=_credentials(vendor),
            switches=self.switches.get(vendor.unit, {}),
            faults=self.faults.get(vendor.unit, []),
            opening=_opening,
        )
        emulator = vendors.build(vendor, start)
        keeper = None
        if emulator.memory is not None:
            keeper = Keeper(_folder() / f"sandbox-{vendor.unit}.json", origin, emulator.memory)
            keeper.load()
        return Served(vendor.title, ports.port_of(vendor.unit, self.first_port), emulator, keeper)


def remembered() -> Remembered:
    return Remembered(_folder() / "sandbox.json")


def by_vendor(given: Sequence[str], kind: type[T]) -> dict[str, T]:
    """Options written [VENDOR=]JSON; without a vendor they are the first one's."""
    units = [vendor.unit for vendor in vendors.registered()]
    found: dict[str, T] = {}
    for text in given:
        name, equals, rest = text.partition("=")
        unit, value = (name, rest) if equals and name.isidentifier() else (units[0], text)  # JSON begins with a bracket
        if unit not in units:
            raise ValueError(f"There is no vendor named {unit}, only {', '.join(units)}.")
        found[unit] = _decoded(value, kind)
    return found


def _decoded(text: str, kind: type[T]) -> T:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not JSON ({error}).") from error
    if not isinstance(value, kind):
        raise ValueError(f"{text!r} is not a JSON {'object' if kind is dict else 'array'}.")
    return value


def advance(first_port: int, hours: int) -> None:
    """Let time pass at the sandbox that runs, and remember it for its next start. All vendors are there, or none moves."""
    if hours < 1:
        raise ValueError("Time only moves forward: let 1 or more hours pass.")
    company = remembered().last()
    if company is None:
        raise ValueError(f"No sandbox was started with the data folder {_folder()}: start one with manage.py sandbox.")
    for step in (0, hours):
        for vendor in vendors.registered():
            _tell(ports.port_of(vendor.unit, first_port), step)
    remembered().keep(replace(company, advanced=company.advanced + hours))


def _tell(port: int, hours: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        with guard.trusted("lets time pass at our own sandbox"):
            connection.connect()
        connection.request("POST", "/sandbox/advance", json.dumps({"hours": hours}), {"Content-Type": "application/json"})
        if connection.getresponse().status != 200:
            raise ValueError(f"What listens on port {port} is no sandbox.")
    except HTTPException as error:
        raise ValueError(f"What listens on port {port} is no sandbox.") from error
    except OSError as error:
        raise ValueError(f"No sandbox runs on port {port}: start one with manage.py sandbox.") from error
    finally:
        connection.close()


def _credentials(vendor: Vendor) -> dict[str, str]:
    if not getattr(settings, vendor.uses):  # real ones are configured: they are none of the sandbox's business
        return {}
    return {name: getattr(settings, name) for name in vendor.credentials}


def _opening() -> AbstractContextManager[None]:
    return guard.trusted("an emulated vendor calls back")


def _folder() -> Path:
    folder: Path = settings.HUB_DATA_DIR
    return folder
