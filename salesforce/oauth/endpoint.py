"""Salesforce's OAuth endpoints. Knows HTTP and settings, and keeps nothing.

Source: Salesforce Help, "OAuth Authorization Flows"; REST API Developer Guide, web-server flow. Answers name no expiry.
"""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

from config.isolation.egress.breaker import Breaker
from config.isolation.egress.failures import TryAgain, worth_keeping
from config.isolation.egress.pace import Allowed, Budget
from config.isolation.egress.retries import Patience, Retries, Stats
from config.isolation.egress.session import UnitSession
from config.isolation.redis.client import UnitRedis
from salesforce.answers import told
from salesforce.errors import BadAnswer, NotAuthorized
from salesforce.http import UNIT, insist
from salesforce.oauth.grant import Grant

TIMEOUT = (3, 6)
PATIENCE = Patience({"connect": 3, "timeout": 3, "gateway": 4}, longest_pause_s=2.0, longest_limit_s=20.0, outage_s=30.0)
PACE = Allowed(60, 60, burst=30)  # a renewal every two hours is usual: what asks more often than this has gone wrong
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_S = 180
_TERMINAL = {"invalid_grant", "invalid_client", "invalid_client_id", "inactive_user", "inactive_org", "unsupported_grant_type"}
_HINTS = {
    "invalid_client": "Check SALESFORCE_CLIENT_SECRET.",
    "invalid_client_id": "Check SALESFORCE_CLIENT_ID; a new app is known everywhere only after 2 to 10 minutes.",
    "redirect_uri_mismatch": "SALESFORCE_REDIRECT_URI must stand in the app's settings letter by letter.",
    "unsupported_grant_type": "Turn the flow on in the app's settings, or set SALESFORCE_FLOW to another one.",
    "inactive_user": "The user is inactive or frozen: an administrator of the org can change that.",
    "inactive_org": "The org is not active.",
    "request not supported on this domain": "Set SALESFORCE_LOGIN_URL to the org's own address, its My Domain.",
    "no client credentials user enabled": "In the app's settings, choose a Run As user for the client credentials flow.",
    "user hasn't approved": "In the app's policies, let administrators pre-authorise users, and give the user a permission set.",
}


class Denied(NotAuthorized):
    """No tokens. `terminal`: the same again will bring none; else it may be tried later."""

    def __init__(self, message: str, status: int, code: str) -> None:
        super().__init__(message, status, code)
        self.terminal = code in _TERMINAL


class Endpoint:
    def __init__(self, client: UnitRedis, sleep: Callable[[float], None] = time.sleep) -> None:
        budget = Budget("salesforce:budget:oauth", [PACE], client, when_away="wait")
        self._retries = Retries(budget, Breaker(UNIT.name, "SALESFORCE_LOGIN_URL", client), PATIENCE, sleep)

    def redeem(self, code: str, verifier: str, stats: Stats) -> Grant:
        """For a code of the consent page. Raises Denied."""
        form = {
            "grant_type": "authorization_code", "code": code, "code_verifier": verifier,
            "redirect_uri": settings.SALESFORCE_REDIRECT_URI, **_client(),
        }  # fmt: skip
        return self._asked("web", form, stats)

    def refresh(self, refresh_token: str, stats: Stats, before_try: Callable[[], None]) -> Grant:
        """Without a scope: Salesforce refuses one here. A new refresh token comes only where the app rotates them.

        A call without an answer is made again: where the first one arrived, its tokens are lost in any case. Raises Denied.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **_client()}
        return self._asked("web", form, stats, before_try)

    def unattended(self, flow: str, stats: Stats, before_try: Callable[[], None]) -> Grant:
        """`flow`: client_credentials or jwt. Raises Denied."""
        if flow == "jwt":
            form = {"grant_type": JWT, "assertion": _assertion()}
        else:
            form = {"grant_type": "client_credentials", **_client()}
        return self._asked(flow, form, stats, before_try)

    def revoke(self, token: str, stats: Stats) -> None:
        """Raises Denied where Salesforce does not know it."""
        answer = insist(self._retries, lambda: worth_keeping(_post("revoke", {"token": token})), stats)
        if not answer.ok:
            raise _denied(answer)

    def username(self, grant: Grant, stats: Stats) -> str:
        """Who we are there; '' where Salesforce does not say."""
        url = f"{settings.SALESFORCE_LOGIN_URL}/services/oauth2/userinfo"

        def once() -> requests.Response:
            with UnitSession(UNIT) as session:
                return worth_keeping(
                    session.get(url, headers={"Authorization": f"Bearer {grant.access_token}"}, timeout=TIMEOUT)
                )

        answer = insist(self._retries, once, stats)
        try:
            return str(answer.json().get("preferred_username") or "") if answer.ok else ""
        except (ValueError, AttributeError):
            return ""

    def _asked(
        self, flow: str, form: dict[str, str], stats: Stats, before_try: Callable[[], None] = lambda: None
    ) -> Grant:
        def once() -> Grant | requests.Response:
            before_try()
            response = worth_keeping(_post("token", form))
            return _grant(flow, response) if response.ok else response

        answer = insist(self._retries, once, stats)
        if isinstance(answer, requests.Response):
            raise _denied(answer)
        return answer


def _client() -> dict[str, str]:
    return {"client_id": settings.SALESFORCE_CLIENT_ID, "client_secret": settings.SALESFORCE_CLIENT_SECRET}


def _post(name: str, form: dict[str, str]) -> requests.Response:
    url = f"{settings.SALESFORCE_LOGIN_URL}/services/oauth2/{name}"
    with UnitSession(UNIT) as session:
        return session.post(url, data=form, headers={"Accept": "application/json"}, timeout=TIMEOUT)


def _grant(flow: str, response: requests.Response) -> Grant:
    """What is neither tokens nor a refusal is a gateway's, and deserves another try."""
    try:
        body: Any = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or not body.get("access_token") or not body.get("instance_url"):
        raise TryAgain("gateway", "the token endpoint answered without a token")
    text = {name: str(body.get(name) or "") for name in ("access_token", "instance_url", "refresh_token", "id", "scope")}
    issued, now = str(body.get("issued_at") or ""), time.time()
    return Grant(
        flow, settings.SALESFORCE_LOGIN_URL, text["access_token"], _own_instance(text["instance_url"]), text["refresh_token"],
        text["id"], text["scope"], issued_at_ms=int(issued) if issued.isdigit() else 0, obtained_at=now, last_refreshed_at=now,
    )  # fmt: skip


def _own_instance(told_url: str) -> str:
    url, pinned = told_url.rstrip("/"), settings.SALESFORCE_INSTANCE_URL
    if pinned and url != pinned:
        raise BadAnswer(f"Salesforce named {url} as the org's address, and SALESFORCE_INSTANCE_URL is {pinned}: change one.")
    return url


def _denied(response: requests.Response) -> Denied:
    said, status = told(response), response.status_code
    hint = next((text for word, text in _HINTS.items() if word == said.code or word in said.message.lower()), "")
    words = f"{said.code}: {said.message}" if said.message else said.code or "no reason given"
    return Denied(f"Salesforce gave no token (HTTP {status}, {words}). {hint}".strip(), status, said.code)


def _assertion() -> str:
    """A signed statement of who we are (RFC 7523), good for a few minutes. Raises NotAuthorized."""
    claims = {
        "iss": settings.SALESFORCE_CLIENT_ID, "sub": settings.SALESFORCE_JWT_USERNAME, "aud": settings.SALESFORCE_LOGIN_URL,
        "exp": int(time.time()) + ASSERTION_S,
    }  # fmt: skip
    signed = f"{_encoded({'alg': 'RS256', 'typ': 'JWT'})}.{_encoded(claims)}"
    signature = _key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def _key() -> RSAPrivateKey:
    file = settings.SALESFORCE_JWT_KEY_FILE
    try:
        key = load_pem_private_key(Path(file).read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise NotAuthorized(f"SALESFORCE_JWT_KEY_FILE ({file or 'not set'}) is no readable private key: {error}") from error
    if not isinstance(key, RSAPrivateKey):
        raise NotAuthorized(f"SALESFORCE_JWT_KEY_FILE ({file}) is no RSA key, which Salesforce asks for.")
    return key
