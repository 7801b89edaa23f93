"""Calls to ServiceTitan: its token, and its words for what went wrong. Knows HTTP and settings, no model.

Source: ServiceTitan's developer documentation (OAuth 2.0; FAQs on app keys and rate limits).
"""

import re
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests
from django.conf import settings

from config.isolation.egress.breaker import Breaker
from config.isolation.egress.failures import TryAgain
from config.isolation.egress.pace import Allowed, Budget
from config.isolation.egress.retries import GaveUp, Patience, Retries
from config.isolation.egress.retries import Stats as Stats
from config.isolation.egress.session import UnitSession
from config.isolation.manifest import BY_NAME
from config.isolation.redis.client import UnitRedis, unit_redis
from servicetitan.answers import parsed, refusal, title, worth_keeping
from servicetitan.errors import BadAnswer, NotAuthorized, RateLimited, ServiceTitanError, Unreachable

T = TypeVar("T")
UNIT = BY_NAME["servicetitan"]

DOCUMENTED_LIFETIME_S = 900.0
RENEW_BEFORE_S = 60  # a token lives 900 s; a call that starts just before the end must still arrive
RENEWALS = 2  # of the token, for one call
TRIES = {"connect": 4, "timeout": 4, "gateway": 8}  # by what went wrong
LONGEST_PAUSE_S = 60.0
LONGEST_WAIT_S = 600.0  # for one call, all rate limit pauses together


class Transport:
    """GET with a token, for several threads: one token and one budget for all, one session each.

    `client` is the unit's Redis, where all processes share what they know of ServiceTitan's health.
    """

    def __init__(
        self, budget: Budget, sleep: Callable[[float], None] = time.sleep, client: UnitRedis | None = None
    ) -> None:
        patience = Patience(TRIES, LONGEST_PAUSE_S, LONGEST_WAIT_S)
        self._sleep = sleep
        self._api, self._auth = (
            Retries(budget, Breaker(UNIT.name, setting, client), patience, sleep)
            for setting in ("SERVICETITAN_API_URL", "SERVICETITAN_AUTH_URL")
        )
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
        return _insist(self._api, lambda: self._read(path, params, parse, token, stats), stats)

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
        answer = _insist(self._auth, lambda: self._asked_for_token(url, form), stats)
        if isinstance(answer, requests.Response):
            raise NotAuthorized(
                f"ServiceTitan gave no access token (HTTP {answer.status_code}, {title(answer) or 'no reason given'}). "
                "Check SERVICETITAN_CLIENT_ID and SERVICETITAN_CLIENT_SECRET, and that SERVICETITAN_AUTH_URL is the "
                "environment they were made for.",
                answer.status_code,
            )
        return answer

    def _asked_for_token(self, url: str, form: dict[str, str]) -> tuple[str, float] | requests.Response:
        """The token, or a refusal. What is no token and no refusal is a gateway's, and deserves another try."""
        response = worth_keeping(self._session().post(url, data=form, timeout=self._timeout))
        if response.status_code != 200:
            return response
        body = parsed(response)
        if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
            raise TryAgain("gateway", "the token endpoint answered without an access_token")
        return body["access_token"], _seconds(body.get("expires_in"))


def _seconds(lifetime: Any) -> float:
    """How long a token lives; where the answer does not say so in a way we understand, as long as the vendor documents."""
    found = re.match(r"\d+(\.\d+)?", str(lifetime))
    return float(found[0]) if found and float(found[0]) > 0 else DOCUMENTED_LIFETIME_S


def shared_redis() -> UnitRedis:
    return unit_redis(UNIT.name, socket_timeout=2)


def shared_budget(client: UnitRedis) -> Budget:
    """The account's budget: 60 calls a second per app and tenant (vendor's FAQ). A fifth more than is set may come at once."""
    per_second = settings.SERVICETITAN_CALLS_PER_SECOND
    burst = max(1, per_second // 5)
    rates = [Allowed(per_second + burst, seconds=1, burst=burst)]
    return Budget(f"servicetitan:budget:{settings.SERVICETITAN_TENANT_ID}", rates, client)


def _insist(retries: Retries, call: Callable[[], T], stats: Stats) -> T:
    """All our calls may be repeated: they read, or ask for another token."""
    try:
        return retries.insist(call, stats, repeatable=True)
    except GaveUp as end:
        raise _in_words(end) from end


def _in_words(end: GaveUp) -> ServiceTitanError:
    if end.kind == "limit":
        return RateLimited(
            f"ServiceTitan asks for longer pauses than {LONGEST_WAIT_S:.0f} s; the next run goes on from here."
        )
    if end.kind == "gateway":
        return BadAnswer(f"ServiceTitan did not recover in {end.tries} tries: {end.why}.")
    hint = " Is `manage.py sandbox` running?" if settings.SERVICETITAN_USES_SANDBOX else ""
    if end.since is not None:
        return Unreachable(
            f"ServiceTitan at {settings.SERVICETITAN_API_URL} has been failing since {end.since:%b %d, %H:%M} ({end.why}). "
            f"It is looked at now and then; the first run after it is back goes on from here.{hint}"
        )
    return Unreachable(
        f"ServiceTitan at {settings.SERVICETITAN_API_URL} did not answer in {end.tries} tries: {end.why}.{hint}"
    )
