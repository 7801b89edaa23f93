"""Tokens and keys (contract section 1): client_credentials for 900 seconds, app key, tenant, scope."""

import base64
import hmac
import json
import threading
import time
from dataclasses import dataclass, field

from config.sandbox.chance import mix, salt
from config.sandbox.http import Answer, Request, json_answer
from servicetitan.sandbox.api.errors import GatewayError
from servicetitan.sandbox.switches import Switches


@dataclass(frozen=True)
class Credentials:
    """What the app and the tenant were given; these belong to nobody outside a sandbox."""

    tenant: int = 1_234_567_890
    client_id: str = "cid.sandbox"
    client_secret: str = "cs1.sandbox"  # noqa: S105 - opens nothing but the emulator
    app_key: str = "ak1.sandbox"


@dataclass
class _Grant:
    ends: float
    scopes: tuple[str, ...]
    calls: int = 0


@dataclass
class Authority:
    credentials: Credentials
    _grants: dict[str, _Grant] = field(default_factory=dict)
    _asked: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def token(self, request: Request, switches: Switches) -> Answer:
        """POST /connect/token."""
        self._throttle(switches)
        form = request.form()
        if form.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type"}, 400)
        if not self._known(*(request.basic() or (form.get("client_id", ""), form.get("client_secret", "")))):
            return json_answer({"error": "invalid_client"}, 400)
        body = {
            "access_token": self._issue(switches),
            "expires_in": switches.token_lifetime,
            "token_type": "Bearer",
            "scope": " ".join(switches.scopes),
        }
        return json_answer(body)

    def admit(self, request: Request, tenant: int, scope: str, switches: Switches) -> None:
        """Refuse a call that lacks a live token, the app key, the tenant or the scope."""
        grant = self._grant(request, switches)
        if not self._has_key(request, switches):
            raise GatewayError(switches.missing_app_key_status, "Application key is missing or unknown.")
        if tenant != self.credentials.tenant:
            raise GatewayError(switches.wrong_tenant_status, "The application has no access to this tenant.")
        if scope not in grant.scopes or scope not in switches.scopes:
            raise GatewayError(403, f"Scope validation failed: {scope} is required.")

    def forget(self) -> None:
        """Every token given out so far is dead."""
        with self._lock:
            self._grants.clear()

    def _throttle(self, switches: Switches) -> None:
        limit, now = switches.token_requests_a_minute, time.monotonic()
        with self._lock:
            self._asked = [moment for moment in self._asked if moment > now - 60] + [now]
            if limit and len(self._asked) > limit:
                raise GatewayError(429, "Rate limit is exceeded. Try again in 60 seconds.", retry_seconds=60)

    def _known(self, client_id: str, secret: str) -> bool:
        good_id = hmac.compare_digest(client_id.encode(), self.credentials.client_id.encode())
        return hmac.compare_digest(secret.encode(), self.credentials.client_secret.encode()) and good_id

    def _issue(self, switches: Switches) -> str:
        with self._lock:
            now = time.time()
            self._grants = {token: grant for token, grant in self._grants.items() if grant.ends > now}
            token = _looks_like_jwt(self.credentials, now)
            self._grants[token] = _Grant(now + switches.token_lifetime, switches.scopes)
            return token

    def _grant(self, request: Request, switches: Switches) -> _Grant:
        header = request.headers.get("authorization", "")
        token = header[7:] if header[:7].lower() == "bearer " else header  # the bare token is accepted too
        with self._lock:
            grant = self._grants.get(token.strip())
            if grant is None or grant.ends <= time.time():
                raise GatewayError(401, "Unauthorized")
            grant.calls += 1
            if switches.token_dies_after_calls and grant.calls > switches.token_dies_after_calls:
                raise GatewayError(401, "Unauthorized")
            return grant

    def _has_key(self, request: Request, switches: Switches) -> bool:
        key = request.headers.get("st-app-key", "")
        if not key and switches.app_key_in_query:
            key = request.last("servicetitanapplicationkey") or ""
        return hmac.compare_digest(key.encode(), self.credentials.app_key.encode())


def _looks_like_jwt(credentials: Credentials, now: float) -> str:
    """Three parts like the vendor's; the last one is noise, so nobody can read anything into it."""
    number = f"{mix(time.monotonic_ns()):016X}"
    claims = {
        "nbf": int(now),
        "exp": int(now) + 900,
        "iss": "https://auth.servicetitan.io",
        "client_id": credentials.client_id,
        "tenant": str(credentials.tenant),
        "jti": number,
    }
    noise = b"".join(mix(salt(n, number)).to_bytes(8, "big") for n in range(32))
    head = json.dumps({"alg": "RS256", "kid": "SANDBOX", "typ": "at+jwt"}).encode()
    parts = (head, json.dumps(claims).encode(), noise)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
