"""What a user at the Redis server may do, derived from the manifest, and how what is found there differs."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from config.isolation.manifest import BUS_KEYS, Unit
from config.isolation.redis.commands import BUS, COMMANDS, CONNECTING


@dataclass(frozen=True)
class Rules:
    """As ACL GETUSER words them: `~a:*` and `%R~b:*`, `&a:*`, `+get`."""

    keys: frozenset[str]
    channels: frozenset[str]
    commands: frozenset[str]

    def arguments(self) -> list[str]:
        """For ACL SETUSER, behind `reset`."""
        return [*sorted(self.keys), *sorted(self.channels), "-@all", *sorted(self.commands)]


@dataclass(frozen=True)
class Found:
    """A user as the server has it."""

    flags: frozenset[str]
    passwords: tuple[str, ...]
    rules: Rules
    others: tuple[str, ...]  # selectors, databases: nothing of ours

    @property
    def is_open(self) -> bool:
        return "on" in self.flags and "nopass" in self.flags

    def login_differences(self, password: str) -> Iterator[str]:
        if "on" not in self.flags:
            yield "switched off"
        if "nopass" in self.flags:
            yield "asks for no password"
        elif self.passwords != (password_hash(password),):
            yield "another password"
        if "skip-sanitize-payload" in self.flags:
            yield "skip-sanitize-payload"

    def differences(self, wanted: Rules) -> Iterator[str]:
        for what in ("keys", "channels", "commands"):
            found, right = getattr(self.rules, what), getattr(wanted, what)
            if more := sorted(found - right):
                yield f"{what} too many: {_shortened(more)}"
            if less := sorted(right - found):
                yield f"{what} missing: {_shortened(less)}"
        if self.others:
            yield f"more rules: {_shortened(list(self.others))}"


def unit_rules(unit: Unit) -> Rules:
    own, read = (f"~{pattern}" for pattern in unit.redis), (f"%R~{pattern}" for pattern in unit.redis_reads)
    commands = (*COMMANDS, *CONNECTING)
    return Rules(frozenset((*own, *read)), frozenset(f"&{pattern}" for pattern in unit.redis), _allowed(commands))


def bus_rules(database: int) -> Rules:
    """The bus's. Workers listen to remote control with PSUBSCRIBE, whose pattern a rule must name word by word."""
    control = BUS_KEYS.replace("*", f"/{database}.celery.pidbox")
    channels = frozenset((f"&{BUS_KEYS}", f"&{control}"))
    return Rules(frozenset((f"~{BUS_KEYS}",)), channels, _allowed((*BUS, *CONNECTING)))


def password_hash(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def _allowed(commands: tuple[str, ...]) -> frozenset[str]:
    return frozenset(f"+{name.lower()}" for name in commands)


def _shortened(words: list[str]) -> str:
    shown = ", ".join(words[:6])
    return f"{shown} and {len(words) - 6} more" if len(words) > 6 else shown
