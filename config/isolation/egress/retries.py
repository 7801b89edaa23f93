"""Calls that are made again, at a pace the vendor can bear, until there is an answer that another try would not change.

Vendor-neutral: a client says how patient it is, and whether a call may be repeated where nobody knows if it worked.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import uniform
from typing import TypeVar

import requests

from config.isolation.egress import calls
from config.isolation.egress.breaker import Breaker, Open
from config.isolation.egress.failures import TryAgain, as_try_again
from config.isolation.egress.pace import Budget

T = TypeVar("T")

FIRST_PAUSE_S = 0.5
OPEN_LOOK_S = 0.5  # so often a call that waits for the breaker looks whether it has closed


class GaveUp(Exception):
    """No answer, in spite of patience. `kind`: that of the last failure, or "outage": the breaker stayed open `since`."""

    def __init__(self, kind: str, why: str, tries: int, since: datetime | None = None) -> None:
        super().__init__(f"gave up after {tries} tries: {why}")
        self.kind, self.why, self.tries, self.since = kind, why, tries, since


class OutcomeUnknown(Exception):
    """A call that may not be repeated blindly may have worked, or not: look at the vendor's side before trying again."""


@dataclass(frozen=True)
class Patience:
    """`tries` by what went wrong. Waits are in seconds; `outage_s`: how long an open breaker is waited for, since it opened."""

    tries: Mapping[str, int] = field(default_factory=lambda: {"connect": 4, "timeout": 4, "gateway": 8})
    longest_pause_s: float = 60.0
    longest_limit_s: float = 600.0  # all rate limit pauses of one call together
    outage_s: float = 180.0


@dataclass
class Stats:
    """What calls cost. `on_wait(seconds, why)` is told before each pause."""

    calls: int = 0
    retries: int = 0
    wait_seconds: float = 0.0
    bytes: int = 0
    on_wait: Callable[[float, str], None] = lambda seconds, why: None


@dataclass
class Retries:
    """For one API. `sleep` may raise to end a run that waits; it is the only way this waits."""

    budget: Budget
    breaker: Breaker
    patience: Patience = field(default_factory=Patience)
    sleep: Callable[[float], None] = time.sleep

    def insist(self, call: Callable[[], T], stats: Stats, *, repeatable: bool) -> T:
        """What `call` returns. It raises TryAgain, or an error of `requests`, where another try may help.

        Not `repeatable`: what a second call would do twice, such as creating a record. Raises GaveUp, and OutcomeUnknown
        for a call that is not repeatable.
        """
        failures, waited = 0, 0.0
        while True:
            try:
                return self._once(call, failures + 1, stats)
            except TryAgain as again:
                if again.unknown and not repeatable:
                    raise OutcomeUnknown(f"Nobody knows whether the call worked: {again.why}.") from again
                pause = self._pause_after(again, failures)
                failures += 1
                waited += pause if again.kind == "limit" else 0.0
                self._give_up(again, failures, waited)
                stats.retries += 1
                self._wait(pause, again.why, stats)

    def _once(self, call: Callable[[], T], number: int, stats: Stats) -> T:
        probe = self._admitted(stats)
        stats.wait_seconds += self.budget.take(self.sleep)
        stats.calls += 1
        try:
            with calls.numbered(number):
                result = _translated(call)
        except TryAgain as again:
            if again.kind == "limit":
                self.breaker.succeeded()  # busy, but there
            else:
                self.breaker.failed(again.why, probe)
            raise
        self.breaker.succeeded()
        return result

    def _admitted(self, stats: Stats) -> bool:
        """Wait until the breaker lets a call out. Whether it is the probe."""
        told = False
        while True:
            try:
                return self.breaker.admit()
            except Open as shut:
                if shut.lasting > self.patience.outage_s:
                    raise GaveUp("outage", shut.why, 0, shut.since) from shut
                pause = min(shut.seconds, OPEN_LOOK_S) + uniform(0, 0.1)  # noqa: S311 - jitter
                if not told:
                    stats.on_wait(shut.seconds, f"left alone for a while: {shut.why}")
                told = True
                stats.wait_seconds += pause
                self.sleep(pause)

    def _pause_after(self, again: TryAgain, failures: int) -> float:
        if again.pause is None:
            return self._backoff(failures)
        told = again.pause + uniform(0, 0.5)  # noqa: S311 - jitter
        return told if again.kind == "limit" else min(told, self.patience.longest_pause_s)

    def _backoff(self, failures: int) -> float:
        """Doubled each time, half of it random, so that several processes do not come back together."""
        ceiling = min(self.patience.longest_pause_s, FIRST_PAUSE_S * 2.0**failures)
        return uniform(ceiling / 2, ceiling)  # noqa: S311 - jitter

    def _give_up(self, again: TryAgain, failures: int, waited: float) -> None:
        limited = again.kind == "limit"
        if waited > self.patience.longest_limit_s if limited else failures >= self.patience.tries[again.kind]:
            raise GaveUp(again.kind, again.why, failures) from again

    def _wait(self, seconds: float, why: str, stats: Stats) -> None:
        stats.wait_seconds += seconds
        stats.on_wait(seconds, why)
        self.sleep(seconds)


def _translated(call: Callable[[], T]) -> T:
    try:
        return call()
    except requests.RequestException as error:
        again = as_try_again(error)
        if again is None:
            raise
        raise again from error
