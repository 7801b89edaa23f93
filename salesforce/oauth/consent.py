"""Connecting: a person consents in Salesforce's own pages (web-server flow with PKCE); disconnecting revokes.

Source: REST API Developer Guide, web-server flow; RFC 7636.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings

from config.isolation.egress.retries import Stats
from config.isolation.redis.client import UnitRedis
from salesforce.errors import NotAuthorized, SalesforceError
from salesforce.oauth.endpoint import Endpoint
from salesforce.oauth.grant import Grant
from salesforce.oauth.keep import Keep

SCOPES = "api refresh_token"
STATE_S = 900  # as long as a code lives


class Unusable(SalesforceError):
    """What came back is not what was asked for. Nothing was changed."""


@dataclass(frozen=True)
class Disconnected:
    was_connected: bool
    revoked: bool
    problem: str = ""


class Consent:
    """`browser`: tells the browser that began from any other, so that nobody connects somebody else's org."""

    def __init__(self, client: UnitRedis) -> None:
        self._client, self._endpoint, self._keep = client, Endpoint(client), Keep()

    def address(self, browser: str) -> str:
        """Where a person consents. State and verifier stay here. Raises NotAuthorized where something is not set."""
        if settings.SALESFORCE_FLOW != "web":
            raise NotAuthorized(f"SALESFORCE_FLOW is {settings.SALESFORCE_FLOW}: the hub logs in by itself, without consent.")
        if not settings.SALESFORCE_CLIENT_ID or not settings.SALESFORCE_CLIENT_SECRET:
            raise NotAuthorized("SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET are not set: make an External Client App.")
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        self._client.set(_key(state), json.dumps({"verifier": verifier, "browser": browser}), ex=STATE_S)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code", "client_id": settings.SALESFORCE_CLIENT_ID, "scope": SCOPES, "state": state,
            "redirect_uri": settings.SALESFORCE_REDIRECT_URI, "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{settings.SALESFORCE_LOGIN_URL}/services/oauth2/authorize?{urlencode(query)}"

    def finish(self, state: str, code: str, browser: str, stats: Stats) -> Grant:
        """Raises Unusable, and what the endpoint raises; then nothing is changed. A state works once."""
        pending = self._pending(state, browser)
        grant = self._endpoint.redeem(code, pending["verifier"], stats)
        if not grant.refresh_token:
            raise Unusable("Salesforce gave no refresh token: give the app the scope 'refresh_token', and connect again.")
        if not grant.org_id:
            raise Unusable("Salesforce's answer does not say which org was connected.")
        self._keep.save(grant)
        return grant

    def refused(self, state: str, browser: str, error: str, description: str) -> Unusable:
        """What the callback says where it brings no code."""
        self._pending(state, browser)
        if error.replace("-", "_") == "access_denied":
            return Unusable("Access was not granted in Salesforce. Nothing was changed.")
        return Unusable(f"Salesforce refused to connect: {error}: {description}"[:500])

    def disconnect(self, stats: Stats) -> Disconnected:
        """The tokens are forgotten here even where Salesforce cannot be told."""
        grant, problem = self._keep.load(), ""
        if grant is not None:
            try:
                self._endpoint.revoke(grant.refresh_token or grant.access_token, stats)
            except SalesforceError as error:
                problem = str(error)
        self._keep.delete()
        return Disconnected(grant is not None, grant is not None and not problem, problem)

    def _pending(self, state: str, browser: str) -> dict[str, str]:
        found = self._client.getdel(_key(state)) if state and len(state) < 200 else None
        pending: dict[str, str] = json.loads(found) if isinstance(found, str) else {}
        if not pending or not secrets.compare_digest(pending["browser"], browser):
            raise Unusable(
                "That answer does not belong to a connection that was begun in this browser in the last 15 minutes: begin again."
            )
        return pending


def _key(state: str) -> str:
    """Hashed: what comes from outside never becomes a part of a key."""
    return f"salesforce:oauth:state:{hashlib.sha256(state.encode()).hexdigest()}"
