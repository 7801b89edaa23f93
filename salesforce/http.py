"""Calls to Salesforce: session, quota, patience, and its words for what went wrong. Knows HTTP and settings, no model."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import requests
from django.conf import settings

from config.isolation.egress.breaker import Breaker
from config.isolation.egress.failures import TryAgain
from config.isolation.egress.pace import Allowed, Budget
from config.isolation.egress.retries import GaveUp, Patience, Retries, Stats
from config.isolation.egress.session import UnitSession
from config.isolation.manifest import BY_NAME
from config.isolation.redis.client import UnitRedis, unit_redis
from salesforce.answers import cleaned, refusal, told, worth_keeping
from salesforce.errors import QuotaUsed, Unreachable
from salesforce.quota import Quota
from salesforce.tokens import Tokens

T = TypeVar("T")
UNIT = BY_NAME["salesforce"]
PATIENCE = Patience({"connect": 4, "timeout": 3, "gateway": 5}, longest_pause_s=30.0, longest_limit_s=120.0)
PACE = Allowed(1200, 60, burst=300)  # nobody documents a rate: only a run that went wild meets this


class Transport:
    """For several threads: one session each. Raises a SalesforceError for everything but a 2xx answer that can be read.

    `sleep` may raise to end a run that waits.
    """

    def __init__(self, tokens: Tokens, client: UnitRedis, sleep: Callable[[float], None] = time.sleep) -> None:
        self.tokens, self.quota, self._sleep = tokens, Quota(client), sleep
        budget = Budget("salesforce:budget", [PACE], client, when_away="wait")
        self._retries = Retries(budget, Breaker(UNIT.name, "SALESFORCE_INSTANCE_URL", client), PATIENCE, sleep)
        self._local = threading.local()
        self._timeout = (10, settings.SALESFORCE_TIMEOUT_S)

    def json(self, method: str, path: str, stats: Stats, **options: Any) -> Any:
        """What the answer's JSON holds; None where it is empty. `options`: those of `call`."""
        return self._answered(method, path, stats, _json_of, **options)

    def text(self, method: str, path: str, stats: Stats, **options: Any) -> str:
        return self._answered(method, path, stats, _text_of, **options)

    def _answered(
        self,
        method: str,
        path: str,
        stats: Stats,
        read: Callable[[requests.Response], T],
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """`path` begins behind the version. Every call may be made twice: records are written by their key."""
        self._sleep(0)  # a run that was asked to stop ends here
        self.quota.check()
        session = self.tokens.current(stats)
        given: dict[str, Any] = {"params": query, "json": body, "data": data, "headers": dict(headers or {})}
        answer = self._insist(method, path, given, session.instance_url, session.access_token, stats, read)
        if isinstance(answer, requests.Response) and told(answer).dead_session and self.tokens.renew(session.access_token, stats):
            session = self.tokens.current(stats)
            answer = self._insist(method, path, given, session.instance_url, session.access_token, stats, read)
        if isinstance(answer, requests.Response):
            raise refusal(answer, f"{method} {path.partition('?')[0]}")
        return answer

    def _insist(
        self,
        method: str,
        path: str,
        given: dict[str, Any],
        instance: str,
        token: str,
        stats: Stats,
        read: Callable[[requests.Response], T],
    ) -> "T | requests.Response":
        url = f"{instance}/services/data/v{settings.SALESFORCE_API_VERSION}.0{path}"
        headers = {"Accept": "application/json", **given["headers"], "Authorization": f"Bearer {token}"}

        def once() -> "T | requests.Response":
            response = self._session().request(method, url, **{**given, "headers": headers}, timeout=self._timeout)
            self.quota.heed(response)
            worth_keeping(response)
            stats.bytes += len(response.content)
            return read(response) if response.ok else response

        try:
            return insist(self._retries, once, stats)
        except QuotaUsed as used_up:
            self.quota.pause(str(used_up))
            raise

    def _session(self) -> UnitSession:
        if not hasattr(self._local, "session"):
            self._local.session = UnitSession(UNIT)
        session: UnitSession = self._local.session
        return session


def _json_of(response: requests.Response) -> Any:
    if not response.content:
        return None
    try:
        return cleaned(response.json())
    except ValueError as error:
        raise TryAgain("gateway", "an answer that is not Salesforce's") from error


def _text_of(response: requests.Response) -> str:
    """A table; a gateway's page is none."""
    if "csv" not in response.headers.get("Content-Type", ""):
        raise TryAgain("gateway", "an answer that is not Salesforce's")
    return str(cleaned(response.content.decode("utf-8", "replace")))


def insist(retries: Retries, call: Callable[[], T], stats: Stats) -> T:
    """`Retries.insist`, with our errors."""
    try:
        return retries.insist(call, stats, repeatable=True)
    except GaveUp as end:
        raise _in_words(end) from end


def _in_words(end: GaveUp) -> Unreachable:
    hint = " Is `manage.py sandbox` running?" if settings.SALESFORCE_USES_SANDBOX else ""
    if end.kind == "limit":
        return Unreachable(f"Salesforce is too busy ({end.why}); the next run goes on from here.")
    if end.since is not None:
        return Unreachable(
            f"Salesforce has been failing since {end.since:%b %d, %H:%M} ({end.why}). "
            f"It is looked at now and then; the first run after it is back goes on from here.{hint}"
        )
    return Unreachable(f"Salesforce did not answer in {end.tries} tries: {end.why}.{hint}")


def shared_redis() -> UnitRedis:
    return unit_redis(UNIT.name, socket_timeout=4, decode_responses=True)
