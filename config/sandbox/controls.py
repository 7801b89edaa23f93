"""A sandbox's own controls under /sandbox/, JSON over HTTP, for callers on this machine only."""

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from config.sandbox.http import Answer, Request, json_answer

PREFIX = "/sandbox/"


def is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class Controls:
    """`commands` take the decoded body; `looks` are GETs by first word and take the rest of the path."""

    def __init__(
        self,
        commands: Mapping[tuple[str, str], Callable[[Any], Any]],
        looks: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self._commands = commands
        self._looks = looks or {}

    def answer(self, request: Request) -> Answer:
        name = request.path.removeprefix(PREFIX)
        try:
            first, *rest = name.split("/")
            if request.method == "GET" and rest and first in self._looks:
                return json_answer(self._looks[first](*rest))
            command = self._commands[request.method, name]
            return json_answer(command(msgspec.json.decode(request.body) if request.body else {}))
        except LookupError as missing:
            return json_answer({"error": f"not found: {missing}"}, 404)
        except (ValueError, TypeError, AttributeError, msgspec.DecodeError) as wrong:
            return json_answer({"error": str(wrong)}, 400)
