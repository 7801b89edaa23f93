"""The vendor's token endpoint: a code, or a refresh token, for new tokens. Knows HTTP and settings, and keeps nothing.

Source: apps/oauth.json and apps/v3/oauth-v3.json, docs/oauth/Authorization.md. A refresh token is used up by its first
use; for 30 seconds a second use gives the same answer. So a call without an answer is made again within that time.
"""

import re
import time
from collections.abc import Callable
from typing import Any

import requests
from django.conf import settings

from config.isolation.egress.breaker import Breaker
from config.isolation.egress.failures import TryAgain, worth_keeping
from config.isolation.egress.pace import Allowed, Budget
from config.isolation.egress.retries import Patience, Retries, Stats
from config.isolation.egress.session import UnitSession
from config.isolation.redis.client import UnitRedis
from integrations.ghl.answers import words
from integrations.ghl.errors import NotAuthorized, Unknown
from integrations.ghl.http import UNIT, insist
from integrations.ghl.oauth.grant import Grant
from integrations.ghl.versions import BY_HEADER, Version

PATH = "/oauth/token"
TIMEOUT = (3, 6)  # three tries together stay within the 30 seconds
PATIENCE = Patience({"connect": 3, "timeout": 3, "gateway": 4}, longest_pause_s=2.0, longest_limit_s=20.0, outage_s=30.0)
PACE = Allowed(30, 60, burst=20)  # a renewal a day is usual: what asks more often than this has gone wrong
DOCUMENTED_LIFETIME_S = 86_399.0
_DEAD = re.compile(r"invalid_grant|refresh.?token.*(invalid|expired|revoked|not found)", re.IGNORECASE)


class Denied(NotAuthorized):
    """No tokens. `dead`: the refresh token or code will never bring any again; else it may be tried later."""

    def __init__(self, message: str, status: int, *, dead: bool) -> None:
        super().__init__(message, status)
        self.dead = dead


class Endpoint:
    def __init__(self, client: UnitRedis, sleep: Callable[[float], None] = time.sleep) -> None:
        budget = Budget("ghl:budget:oauth", [PACE], client, when_away="wait")
        self._retries = Retries(budget, Breaker(UNIT.name, "GHL_API_URL", client), PATIENCE, sleep)
        self._version = BY_HEADER[settings.GHL_API_VERSION]

    def redeem(self, code: str, redirect: str, stats: Stats) -> Grant:
        """For a code from the consent page, which was told `redirect`, or nothing.

        Raises Denied; and Unknown, after which only a new code helps.
        """
        form = {"grant_type": "authorization_code", "code": code, "user_type": "Location"}
        if redirect:
            form["redirect_uri"] = redirect
        try:
            return self._asked(form, stats, lambda: None, repeatable=False)
        except Unknown as error:
            raise Unknown("GoHighLevel's answer was lost, and the code with it: get a new one, and try again.") from error

    def refresh(self, refresh_token: str, stats: Stats, before_try: Callable[[], None]) -> Grant:
        """Raises Denied."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "user_type": "Location"}
        return self._asked(form, stats, before_try, repeatable=True)

    def _asked(self, form: dict[str, str], stats: Stats, before_try: Callable[[], None], *, repeatable: bool) -> Grant:
        credentials = {"client_id": settings.GHL_OAUTH_CLIENT_ID, "client_secret": settings.GHL_OAUTH_CLIENT_SECRET}

        def once() -> Grant | requests.Response:
            before_try()
            return _grant_or_refusal(_post(self._version, form | credentials))

        answer = insist(self._retries, once, stats, repeatable=repeatable)
        if isinstance(answer, requests.Response):
            raise _denied(answer)
        return answer


def _post(version: Version, form: dict[str, str]) -> requests.Response:
    headers = {"Accept": "application/json", "Version": version.header}
    with UnitSession(UNIT) as session:
        named = {_named(name, version): value for name, value in form.items()}
        return session.post(f"{settings.GHL_API_URL}{PATH}", data=named, headers=headers, timeout=TIMEOUT)


def _named(name: str, version: Version) -> str:
    """client_id, or clientId in the edition that says so."""
    if version.snake_case_oauth:
        return name
    return re.sub("_([a-z])", lambda found: found[1].upper(), name)


def _grant_or_refusal(response: requests.Response) -> Grant | requests.Response:
    """What is neither tokens nor a refusal is a gateway's, and deserves another try."""
    if not worth_keeping(response).ok:
        return response
    body = _body(response)
    found = {name: _text(body, name) for name in ("access_token", "refresh_token", "scope", "location_id", "user_type")}
    if not found["access_token"] or not found["refresh_token"]:
        raise TryAgain("gateway", "the token endpoint answered without tokens")
    now = time.time()
    return Grant(
        found["access_token"], found["refresh_token"], now, now + _lifetime(body), found["scope"], found["location_id"],
        found["user_type"],
    )  # fmt: skip


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _text(body: dict[str, Any], name: str) -> str:
    """Under either spelling: editions disagree, and `userType` has only one."""
    value = body.get(name) or body.get(re.sub("_([a-z])", lambda found: found[1].upper(), name))
    return value if isinstance(value, str) else ""


def _lifetime(body: dict[str, Any]) -> float:
    """In seconds; as documented where the answer does not say."""
    given = body.get("expires_in") or body.get("expiresIn")
    found = re.fullmatch(r"\d{1,9}(\.\d+)?", str(given))
    return float(found[0]) if found and float(found[0]) > 0 else DOCUMENTED_LIFETIME_S


def _denied(response: requests.Response) -> Denied:
    body, status = _body(response), response.status_code
    said = "; ".join(dict.fromkeys(filter(None, (str(body.get("error") or ""), words(body)))))
    if _DEAD.search(said):
        return Denied(f"GoHighLevel does not accept the connection any more (HTTP {status}: {said}).", status, dead=True)
    if "client" in said.lower():
        hint = "Check GHL_OAUTH_CLIENT_ID and GHL_OAUTH_CLIENT_SECRET."
        return Denied(f"GoHighLevel does not know the app (HTTP {status}: {said}). {hint}", status, dead=False)
    return Denied(f"GoHighLevel gave no token (HTTP {status}: {said or 'no reason given'}).", status, dead=False)
