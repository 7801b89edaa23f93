"""Calls to ServiceTitan: token, rate budget, retries. Knows HTTP and settings, no model.

Source: ServiceTitan's developer documentation (OAuth 2.0; FAQs on app keys and rate limits).
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import uniform
from typing import TypeVar

import requests
from django.conf import settings

from config.isolation.egress.pace import Budget
from config.isolation.egress.session import UnitSession
from config.isolation.manifest import BY_NAME
from config.isolation.redis import unit_redis
from servicetitan.answers import TryAgain, parsed, refusal, title, worth_keeping
from servicetitan.errors import BadAnswer, NotAuthorized, RateLimited, Unreachable

T = TypeVar("T")
UNIT = BY_NAME["servicetitan"]

RENEW_BEFORE_S = 60  # a token lives 900 s; a call that starts just before the end must still arrive
RENEWALS = 2  # of the token, for one call
TRIES = {"connect": 4, "timeout": 4, "gateway": 8}  # by what went wrong
LONGEST_PAUSE_S = 60.0
LONGEST_WAIT_S = 600.0  # for one call, all rate limit pauses together


@dataclass
class Stats:
    """What the calls of one feed cost. `on_wait(seconds, why)` is told before each pause."""

    calls: int = 0
    retries: int = 0
    wait_seconds: float = 0.0
    bytes: int = 0
    on_wait: Callable[[float, str], None] = lambda seconds, why: None


class Transport:
    """GET with a token, for several threads: one token and one budget for all, one session each."""

    def __init__(self, budget: Budget, sleep: Callable[[float], None] = time.sleep) -> None:
        self._budget = budget
        self._sleep = sleep
        self._local = threading.local()
        self._token_lock = threading.Lock()
        self._token = ""
        self._token_until = 0.0
        self._timeout = (10, settings.SERVICETITAN_TIMEOUT_S)

    def get(self, path: str, params: dict[str, str], parse: Callable[[bytes], T], stats: Stats) -> T:
        """What `parse` makes of the 200 answer to a GET. `parse` raises ValueError for an answer that is nonsense.

        Raises a ServiceTitanError for everything else.
        """
        self._sleep(0)  # a run that was asked to stop ends here
        answer = self._with_token(path, params, parse, stats)
        for _ in range(RENEWALS):
            if isinstance(answer, requests.Response) and answer.status_code == 401:  # expired, or dropped by the vendor
                answer = self._with_token(path, params, parse, stats, fresh=True)
        if isinstance(answer, requests.Response):
            raise refusal(answer, path)
        return answer

    def _with_token(
        self, path: str, params: dict[str, str], parse: Callable[[bytes], T], stats: Stats, *, fresh: bool = False
    ) -> T | requests.Response:
        if fresh:
            self._drop(self._local.token)
        token = self._local.token = self._current_token(stats)
        return self._insist(lambda: self._read(path, params, parse, token, stats), stats)

    def _read(
        self, path: str, params: dict[str, str], parse: Callable[[bytes], T], token: str, stats: Stats
    ) -> T | requests.Response:
        headers = {"Authorization": f"Bearer {token}", "ST-App-Key": settings.SERVICETITAN_APP_KEY}
        url = f"{settings.SERVICETITAN_API_URL}{path}"
        response = self._session().get(url, params=params, headers=headers, timeout=self._timeout)
        if worth_keeping(response).status_code != 200:
            return response
        stats.bytes += len(response.content)
        try:
            return parse(response.content)
        except ValueError as error:
            raise TryAgain("gateway", f"an answer that is not ServiceTitan's ({error})") from error

    def _insist(self, call: Callable[[], T], stats: Stats) -> T:
        """Call until there is an answer that another try would not change."""
        failures, waited = 0, 0.0
        while True:
            stats.wait_seconds += self._budget.take(self._sleep)
            stats.calls += 1
            try:
                return _outcome(call)
            except TryAgain as again:
                limited = again.kind == "limit"
                pause = _backoff(failures) if again.pause is None else again.pause + uniform(0, 0.5)  # noqa: S311 - jitter
                failures += 1
                waited += pause if limited else 0.0
                _give_up(again, failures, waited)
                self._pause(pause if limited else min(pause, LONGEST_PAUSE_S), again.why, stats)

    def _pause(self, seconds: float, why: str, stats: Stats) -> None:
        stats.retries += 1
        stats.wait_seconds += seconds
        stats.on_wait(seconds, why)
        self._sleep(seconds)

    def _session(self) -> UnitSession:
        if not hasattr(self._local, "session"):
            self._local.session = UnitSession(UNIT)
        session: UnitSession = self._local.session
        return session

    def _current_token(self, stats: Stats) -> str:
        with self._token_lock:  # one thread asks, the others wait for its answer
            if not self._token or time.monotonic() > self._token_until:
                self._token, lifetime = self._new_token(stats)
                self._token_until = time.monotonic() + max(lifetime - RENEW_BEFORE_S, lifetime / 2)
            return self._token

    def _drop(self, token: str) -> None:
        with self._token_lock:
            if self._token == token:
                self._token = ""

    def _new_token(self, stats: Stats) -> tuple[str, float]:
        """(access token, lifetime in seconds)."""
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.SERVICETITAN_CLIENT_ID,
            "client_secret": settings.SERVICETITAN_CLIENT_SECRET,
        }
        url = f"{settings.SERVICETITAN_AUTH_URL}/connect/token"
        response = self._insist(
            lambda: worth_keeping(self._session().post(url, data=form, timeout=self._timeout)), stats
        )
        if response.status_code != 200:
            raise NotAuthorized(
                f"ServiceTitan gave no access token (HTTP {response.status_code}, {title(response) or 'no reason given'}). "
                "Check SERVICETITAN_CLIENT_ID and SERVICETITAN_CLIENT_SECRET, and that SERVICETITAN_AUTH_URL is the "
                "environment they were made for.",
                response.status_code,
            )
        body = parsed(response)
        if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
            raise BadAnswer("ServiceTitan's token endpoint answered without an access_token.")
        return body["access_token"], float(body.get("expires_in") or 900)


def shared_budget() -> Budget:
    """The account's budget: 60 calls a second per app and tenant (vendor's FAQ), kept a little below."""
    client = unit_redis(UNIT.name, socket_timeout=2)
    key = f"servicetitan:budget:{settings.SERVICETITAN_TENANT_ID}"
    return Budget(key, settings.SERVICETITAN_CALLS_PER_SECOND, client)


def _outcome(call: Callable[[], T]) -> T:
    try:
        return call()
    except requests.Timeout as error:
        kind = "connect" if isinstance(error, requests.ConnectTimeout) else "timeout"
        raise TryAgain(kind, "no answer in time") from error
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
        raise TryAgain("gateway", "the answer broke off") from error
    except requests.ConnectionError as error:
        raise TryAgain("connect", "no connection") from error


def _give_up(again: TryAgain, failures: int, waited: float) -> None:
    if again.kind == "limit":
        if waited > LONGEST_WAIT_S:
            raise RateLimited(
                f"ServiceTitan asks for longer pauses than {LONGEST_WAIT_S:.0f} s; the next run goes on from here."
            )
        return
    if failures < TRIES[again.kind]:
        return
    if again.kind == "gateway":
        raise BadAnswer(f"ServiceTitan did not recover in {failures} tries: {again.why}.")
    hint = " Is `manage.py sandbox` running?" if settings.SERVICETITAN_USES_SANDBOX else ""
    raise Unreachable(
        f"ServiceTitan at {settings.SERVICETITAN_API_URL} did not answer in {failures} tries: {again.why}.{hint}"
    )


def _backoff(failures: int) -> float:
    """Seconds: doubled each time, half of it random, so that several processes do not come back together."""
    ceiling: float = min(LONGEST_PAUSE_S, 0.5 * 2.0**failures)
    return uniform(ceiling / 2, ceiling)  # noqa: S311 - jitter
