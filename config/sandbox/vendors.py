"""The vendors that `manage.py sandbox` plays. A unit registers its own in `AppConfig.ready()`.

Of an emulator only the name is registered: its code is imported when it is served, and by no process of a unit.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

from config.sandbox.clock import Clock
from config.sandbox.loopback import App
from config.sandbox.origin import Origin
from config.sandbox.ports import VENDORS


@dataclass(frozen=True)
class Show:
    """What the demo does for a vendor beyond the mirror.

    `command`: with `arguments` it brings the vendor up to date, and prints a summary with `--json`. `title` says what it does.
    `switches`: of the emulator, for a demo.
    `environment`: of the hub's processes: a newcomer need not wait for limits that an emulator does not have, and follows
    links to the emulator, whose address takes the place of EMULATOR.
    """

    command: str
    arguments: Sequence[str] = ()
    title: str = ""
    switches: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Vendor:
    """`emulator`: a module with a function `emulator`, from a Start to an Emulator.

    `uses`: the setting that tells whether the hub calls the emulator. `credentials`: the settings it then calls it with.
    """

    unit: str
    title: str
    emulator: str
    uses: str
    credentials: tuple[str, ...] = ()
    show: Show | None = None


@dataclass(frozen=True)
class Start:
    """`credentials`: values by the names of their settings; none where the hub has real ones, which no emulator needs.

    `opening`: around each connection the emulator opens itself, for a process that watches its connections.
    """

    origin: Origin
    url: str
    speed: float = 1.0
    credentials: Mapping[str, str] = field(default_factory=dict)
    switches: Mapping[str, Any] = field(default_factory=dict)
    faults: Sequence[Mapping[str, Any]] = ()
    opening: Callable[[], AbstractContextManager[object]] = nullcontext

    def clock(self) -> Clock:
        return self.origin.clock(self.speed)


class Memory(Protocol):
    """What an emulator knows from others alone, so that it has to outlive a restart."""

    @property
    def writes(self) -> int:
        """Grows whenever something may have changed."""

    def kept(self) -> bytes:
        """All of it, as JSON."""

    def restore(self, kept: bytes) -> None:
        """Into an emulator that has just been made."""


@dataclass(frozen=True)
class Emulator:
    """`settings`: how the hub reaches it, by the names of the settings."""

    app: App
    settings: Mapping[str, str]
    memory: Memory | None = None


_registered: dict[str, Vendor] = {}


def register(vendor: Vendor) -> None:
    """Called in `AppConfig.ready()`."""
    if vendor.unit not in VENDORS:
        raise ValueError(f"{vendor.title} has no port: name '{vendor.unit}' in config/sandbox/ports.py.")
    _registered[vendor.unit] = vendor


def registered() -> tuple[Vendor, ...]:
    """In the order of their ports."""
    return tuple(_registered[unit] for unit in VENDORS if unit in _registered)


def build(vendor: Vendor, start: Start) -> Emulator:
    built: Emulator = import_module(vendor.emulator).emulator(start)
    return built
