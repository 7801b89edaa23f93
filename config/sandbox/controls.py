"""A sandbox's own controls under /sandbox/, JSON over HTTP, for callers on this machine only.

Those that every vendor's sandbox has; a vendor adds its own in a subclass of Usual.
    GET  /sandbox/state                        clock, counts, calls, switches, faults
    PUT  /sandbox/switches   {name: value}     sets some switches
    PUT  /sandbox/faults     [rule, ...]       replaces the rules
    POST /sandbox/advance    {"seconds": n} or {"hours": n}   moves the clock
    POST /sandbox/reset      {}                first day, first switches, no faults, no counts
"""

import ipaddress
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Protocol

import msgspec

from config.sandbox.clock import Clock
from config.sandbox.faults import Faults, Rule
from config.sandbox.http import Answer, Request, json_answer
from config.sandbox.traffic import Traffic

PREFIX = "/sandbox/"
Commands = Mapping[tuple[str, str], Callable[[Any], Any]]
Looks = Mapping[str, Callable[..., Any]]


def is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class Controls:
    """`commands` take the decoded body; `looks` are GETs by first word and take the rest of the path."""

    def __init__(
        self,
        commands: Commands,
        looks: Looks | None = None,
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


class Steered(Protocol):
    """What can be controlled of any sandbox."""

    switches: Any
    faults: Faults
    traffic: Any


class Usual(Controls):
    """`rules_from` reads the vendor's own faults."""

    def __init__(
        self,
        sandbox: Steered,
        clock: Clock,
        rules_from: Callable[[Iterable[dict[str, Any]]], Iterable[Rule]],
        commands: Commands,
        looks: Looks,
    ) -> None:
        self._steered = sandbox
        self._clock = clock
        self._rules_from = rules_from
        self._first_switches = sandbox.switches
        usual: Commands = {
            ("GET", "state"): lambda _: self.state(),
            ("PUT", "switches"): self._set_switches,
            ("PUT", "faults"): self._set_faults,
            ("POST", "advance"): self._advance,
            ("POST", "reset"): self._reset,
        }
        super().__init__({**usual, **commands}, looks)

    @abstractmethod
    def report(self) -> dict[str, Any]:
        """What this vendor has to tell of its state."""

    @abstractmethod
    def clear(self) -> None:
        """As on the first day, apart from what is cleared here."""

    def moved(self) -> Any:
        """After the clock was moved: what happens at once, and what is answered."""
        return {"now": self._clock.now().isoformat()}

    def state(self) -> dict[str, Any]:
        traffic: Traffic = self._steered.traffic
        return {
            **self.report(),
            "traffic": traffic.report(),
            "switches": self._steered.switches.as_dict(),
            "faults": self._steered.faults.report(),
        }

    def _set_switches(self, values: Any) -> Any:
        self._steered.switches = self._steered.switches.changed(values)
        return self._steered.switches.as_dict()

    def _set_faults(self, values: Any) -> Any:
        self._steered.faults.set(self._rules_from(values))
        return self._steered.faults.report()

    def _advance(self, values: Any) -> Any:
        if not {"hours", "seconds"} & set(values):
            raise LookupError("hours or seconds")
        step = timedelta(hours=float(values.get("hours", 0)), seconds=float(values.get("seconds", 0)))
        self._clock.advance(step)
        return self.moved()

    def _reset(self, _: Any) -> Any:
        self._steered.switches = self._first_switches
        self._steered.faults.set(())
        self._steered.traffic.forget()
        self.clear()
        return self.state()
