"""What every emulator does with a call: count it, delay it, and carry it out or spoil it."""

import threading
from abc import abstractmethod
from collections.abc import Mapping
from typing import Protocol

from config.sandbox.faults import Faults, Rule
from config.sandbox.http import Answer, Request
from config.sandbox.spoil import Memory, Refusal, Spoiler
from config.sandbox.traffic import Traffic
from config.sandbox.wsgi import Face


class Slow(Protocol):
    @property
    def latency(self) -> float:
        """Real seconds before every answer."""


class Emulator(Face):
    """`refusals` are the vendor's own words for the faults `unauthorized` and `throttle`."""

    switches: Slow
    traffic: Traffic

    def __init__(self, refusals: Mapping[str, Refusal]) -> None:
        self.faults = Faults()
        self.closing = threading.Event()  # set when the server stops: ends every hang
        self.memory = Memory()
        self._spoil = Spoiler(self.closing, refusals)

    @abstractmethod
    def carried_out(self, request: Request) -> Answer:
        """What the vendor does and says when nothing spoils the call."""

    def spoilt(self, rule: Rule, request: Request) -> Answer:
        """A vendor with faults of its own looks at them first."""
        return self._spoil(rule, request, self.carried_out)

    def repeated(self, rule: Rule, request: Request) -> Answer:
        """The last good answer of this path once more; the call itself is done only with `commit`."""
        last = self.memory.last(request.path)
        if last is None or rule.commit:
            done = self.carried_out(request)
        return done if last is None else last

    def answer(self, request: Request) -> Answer:
        self.traffic.count(request.path)
        if self.switches.latency:
            self.closing.wait(self.switches.latency)
        rule = self.faults.pick(request)
        answer = self.carried_out(request) if rule is None else self.spoilt(rule, request)
        self.traffic.answered(answer.status)
        return answer
