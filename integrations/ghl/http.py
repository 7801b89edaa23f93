"""Calls to GoHighLevel: token, version, pace, and its words for what went wrong. Knows HTTP and settings, no model."""

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests
from django.conf import settings

from config.isolation.egress.breaker import Breaker
from config.isolation.egress.retries import GaveUp, OutcomeUnknown, Patience, Retries, Stats
from config.isolation.egress.session import UnitSession
from config.isolation.manifest import BY_NAME
from config.isolation.redis.client import UnitRedis, unit_redis
from integrations.ghl.answers import body_of, lacks_scope, refusal, worth_keeping
from integrations.ghl.errors import Unknown, Unreachable
from integrations.ghl.pace import Pace
from integrations.ghl.tokens import Tokens
from integrations.ghl.versions import Version

T = TypeVar("T")
UNIT = BY_NAME["ghl"]
PATIENCE = Patience({"connect": 4, "timeout": 3, "gateway": 5}, longest_pause_s=30.0, longest_limit_s=300.0)


class Transport:
    """For several threads: one pace for all, one session each.

    `sleep` may raise to end a run that waits. Raises a GhlError for everything but a 2xx answer with a JSON object.
    """

    def __init__(
        self, tokens: Tokens, version: Version, client: UnitRedis, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.tokens, self.version, self._sleep = tokens, version, sleep
        self._pace = Pace(client, settings.GHL_LOCATION_ID)
        self._retries = Retries(self._pace, Breaker(UNIT.name, "GHL_API_URL", client), PATIENCE, sleep)
        self._local = threading.local()
        self._timeout = (10, settings.GHL_TIMEOUT_S)

    def call(
        self,
        method: str,
        path: str,
        stats: Stats,
        *,
        query: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
        repeatable: bool = True,
    ) -> dict[str, Any]:
        """The JSON object of the answer. Not `repeatable`: a second call would do it twice; then it may raise Unknown.

        A create that was answered with anything but success or the reason for a refusal may have been carried out.
        """
        self._sleep(0)  # a run that was asked to stop ends here
        token = self.tokens.current(stats)
        answer = self._insist(method, path, query, body, token, stats, repeatable)
        if _asks_for_another_token(answer) and self.tokens.renew(token, stats):
            answer = self._insist(method, path, query, body, self.tokens.current(stats), stats, repeatable)
        if isinstance(answer, requests.Response):
            raise refusal(answer, f"{method} {path}")
        return answer

    def _insist(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None,
        body: dict[str, Any] | None,
        token: str,
        stats: Stats,
        repeatable: bool,
    ) -> dict[str, Any] | requests.Response:
        headers = {"Authorization": f"Bearer {token}", "Version": self.version.header, "Accept": "application/json"}

        def once() -> dict[str, Any] | requests.Response:
            url = f"{settings.GHL_API_URL}{path}"
            response = self._session().request(
                method, url, params=query, json=body, headers=headers, timeout=self._timeout
            )
            self._pace.heed(response)
            worth_keeping(response)
            stats.bytes += len(response.content)
            return body_of(response) if response.ok else response

        return insist(self._retries, once, stats, repeatable=repeatable)

    def _session(self) -> UnitSession:
        if not hasattr(self._local, "session"):
            self._local.session = UnitSession(UNIT)
        session: UnitSession = self._local.session
        return session


def _asks_for_another_token(answer: dict[str, Any] | requests.Response) -> bool:
    return isinstance(answer, requests.Response) and answer.status_code == 401 and not lacks_scope(answer)


def insist(retries: Retries, call: Callable[[], T], stats: Stats, *, repeatable: bool) -> T:
    """`Retries.insist`, with our errors."""
    try:
        return retries.insist(call, stats, repeatable=repeatable)
    except OutcomeUnknown as error:
        raise Unknown(f"{error} GoHighLevel is asked before it is tried again.") from error
    except GaveUp as end:
        raise _in_words(end) from end


def _in_words(end: GaveUp) -> Unreachable:
    hint = " Is `manage.py sandbox` running?" if settings.GHL_USES_SANDBOX else ""
    if end.kind == "limit":
        return Unreachable("GoHighLevel asks for longer pauses than a call may wait; the next run goes on from here.")
    if end.since is not None:
        return Unreachable(
            f"GoHighLevel at {settings.GHL_API_URL} has been failing since {end.since:%b %d, %H:%M} ({end.why}). "
            f"It is looked at now and then; the first run after it is back goes on from here.{hint}"
        )
    return Unreachable(f"GoHighLevel at {settings.GHL_API_URL} did not answer in {end.tries} tries: {end.why}.{hint}")


def shared_redis() -> UnitRedis:
    return unit_redis(UNIT.name, socket_timeout=2, decode_responses=True)

