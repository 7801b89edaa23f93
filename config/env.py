"""Reading settings from the environment: typed, and gathering what is wrong instead of raising.

A wrong or missing setting becomes a system check with an id (`config.checks`), so that `manage.py` answers with a
sentence and not with a traceback. Until somebody reads it, the default stands in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ

T = TypeVar("T")

_TRUE, _FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off"}


@dataclass(frozen=True)
class Problem:
    id: str
    message: str
    hint: str


class Reader:
    """Reads typed settings; `problems` holds what was wrong with them, `seen` every name that was asked for."""

    def __init__(self, env: environ.Env) -> None:
        self._env = env
        self.problems: list[Problem] = []
        self.seen: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        self.seen.append(name)
        return str(self._env.str(name, default=default)).strip()

    def flag(self, name: str, default: bool) -> bool:
        return self._read(name, default, _flag, "hub.E001", "Write true or false.")

    def whole(self, name: str, default: int, least: int = 0, most: int | None = None) -> int:
        def parse(value: str) -> int:
            if int(value) < least or (most is not None and int(value) > most):
                raise ValueError
            return int(value)

        limits = f"{least} or more" if most is None else f"from {least} to {most}"
        return self._read(name, default, parse, "hub.E002", f"Write a whole number, {limits}.")

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        def parse(value: str) -> str:
            return choices[choices.index(value.lower())]

        return self._read(name, default, parse, "hub.E003", f"Write one of: {', '.join(choices)}.")

    def several(self, name: str, choices: tuple[str, ...]) -> tuple[str, ...]:
        """Some of `choices`, separated by commas, in the order of `choices`; none where it is not set."""

        def parse(value: str) -> tuple[str, ...]:
            given = {part.strip().lower() for part in value.split(",")}
            if not given <= set(choices):
                raise ValueError
            return tuple(choice for choice in choices if choice in given)

        return self._read(name, (), parse, "hub.E003", f"Write one or more of: {', '.join(choices)}.")

    def zone(self, name: str, default: str) -> str:
        def parse(value: str) -> str:
            return ZoneInfo(value).key

        return self._read(name, default, parse, "hub.E004", "Write an IANA time zone such as America/Phoenix.")

    def base_url(self, name: str, default: str) -> str:
        """An http(s) address without a trailing slash, query or login."""
        hint = f"Write an address such as {default or 'https://api.example.com'}."
        return self._read(name, default, _base_url, "hub.E005", hint)

    def server_url(self, name: str, schemes: tuple[str, ...]) -> str:
        """The address of a database or Redis server, or '' where it is not set."""

        def parse(value: str) -> str:
            parts = urlsplit(value)
            if parts.scheme not in schemes or not parts.hostname:
                raise ValueError
            _ = parts.port  # raises ValueError where it is no number
            return value

        hint = f"Write {schemes[0]}://user:password@host:port/name, with special characters percent-encoded."
        return self._read(name, "", parse, "hub.E006", hint, secret=True)

    def digits(self, name: str, default: str) -> str:
        def parse(value: str) -> str:
            if not value.isascii() or not value.isdigit():
                raise ValueError
            return value

        return self._read(name, default, parse, "hub.E007", "Write digits only.")

    def folder(self, name: str, default: Path) -> Path:
        return Path(self.text(name) or default).expanduser().absolute()

    def complain(self, id: str, message: str, hint: str) -> None:
        self.problems.append(Problem(id, message, hint))

    def _read(
        self, name: str, default: T, parse: Callable[[str], T], id: str, hint: str, *, secret: bool = False
    ) -> T:
        value = self.text(name)
        if value == "":
            return default
        try:
            return parse(value)
        except (ValueError, KeyError, OSError):
            shown = "set, but not readable" if secret else f"{value!r}"
            self.complain(id, f"{name} is {shown}.", hint)
            return default


def _flag(value: str) -> bool:
    if value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    raise ValueError


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise ValueError
    _ = parts.port
    return value.rstrip("/")
