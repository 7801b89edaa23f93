"""Tokens (contract section 4): the private integration token, and OAuth with refresh tokens that rotate."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from config.sandbox.http import Answer, Request
from config.sandbox.moments import DAY, SECOND
from integrations.ghl.sandbox.api import shapes
from integrations.ghl.sandbox.api.call import Call
from integrations.ghl.sandbox.api.errors import Refusal, traced, unauthorized
from integrations.ghl.sandbox.api.shapes import Field
from integrations.ghl.sandbox.store.account import Credentials
from integrations.ghl.sandbox.store.ids import Ids
from integrations.ghl.sandbox.switches import Switches

_YEAR = 365 * DAY
# The fields of the token endpoint: as 2021-07-28 writes them, as v3 does.
_NAMES = {
    "client_id": "clientId",
    "client_secret": "clientSecret",
    "grant_type": "grantType",
    "code": "code",
    "refresh_token": "refreshToken",
    "user_type": "userType",
    "redirect_uri": "redirectUri",
    "access_token": "accessToken",
    "token_type": "tokenType",
    "expires_in": "expiresIn",
}
_ASKED = {
    "client_id": Field(shapes.text, required=True),
    "client_secret": Field(shapes.text, required=True),
    "grant_type": Field(shapes.one_of("authorization_code", "refresh_token", "client_credentials"), required=True),
    "code": Field(shapes.text),
    "refresh_token": Field(shapes.text),
    "user_type": Field(shapes.one_of("Company", "Location")),
    "redirect_uri": Field(shapes.text),
}


@dataclass
class Access:
    ends: int
    calls: int = 0


@dataclass
class Refresh:
    ends: int
    used: int | None = None
    successor: dict[str, Any] | None = None


@dataclass
class Tokens:
    """All that was given out, by its text."""

    codes: set[str] = field(default_factory=set)
    access: dict[str, Access] = field(default_factory=dict)
    refresh: dict[str, Refresh] = field(default_factory=dict)
    rotations: int = 0


class Authority:
    """Called under the sandbox's lock."""

    def __init__(self, seed: int, credentials: Credentials) -> None:
        self.credentials = credentials
        self.ids = Ids(seed, "tokens")
        self.forget()

    def forget(self) -> None:
        """Every OAuth token and code given out so far is dead."""
        self.tokens = Tokens()

    def expire(self) -> None:
        """Access tokens only: what a day would do."""
        self.tokens.access.clear()

    def authorize(self) -> str:
        """What the consent page gives an operator's browser: a code for one use."""
        code = self.ids.next()
        self.tokens.codes.add(code)
        return code

    def admit(self, request: Request, now: int, scope: str, switches: Switches) -> None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not self._alive(token.strip(), now, switches):
            raise unauthorized()
        if scope not in switches.scopes:
            raise Refusal(401, "The token is not authorized for this scope.")

    def _alive(self, token: str, now: int, switches: Switches) -> bool:
        if hmac.compare_digest(token.encode(), self.credentials.token.encode()):
            return True
        access = self.tokens.access.get(token)
        if access is None or access.ends <= now:
            return False
        access.calls += 1
        return not switches.token_dies_after_calls or access.calls <= switches.token_dies_after_calls

    def token(self, call: Call) -> Answer:
        """POST /oauth/token: form-encoded; v3 also as JSON, and with its own names."""
        names = _NAMES if call.v3 else {name: name for name in _NAMES}
        given = shapes.check({names[name]: field for name, field in _ASKED.items()}, _read(call))
        asked = {name: given[names[name]] for name in _ASKED if names[name] in given}
        if not self._known(asked):
            raise Refusal(401, "Invalid client credentials!", error="invalid_client")
        now, switches = call.account.clock.ticks(), call.switches
        if asked["grant_type"] == "refresh_token":
            answer = self._refreshed(asked.get("refresh_token", ""), now, switches)
        elif asked["grant_type"] == "authorization_code" and asked.get("code", "") in self.tokens.codes:
            self.tokens.codes.remove(asked["code"])
            answer = self._pair(now, switches)
        else:
            raise _invalid_grant(switches)
        return traced({names.get(name, name): value for name, value in answer.items()})

    def _known(self, asked: Mapping[str, str]) -> bool:
        pairs = (("client_id", self.credentials.client_id), ("client_secret", self.credentials.client_secret))
        return all(hmac.compare_digest(asked[name].encode(), own.encode()) for name, own in pairs)

    def _refreshed(self, token: str, now: int, switches: Switches) -> dict[str, Any]:
        """Each use gives a new pair; for 30 seconds a second use gives the same one, and then the token is dead."""
        known = self.tokens.refresh.get(token)
        if known is None or known.ends <= now:
            raise _invalid_grant(switches)
        if known.used is None or known.successor is None:
            self.tokens.rotations += 1
            known.used, known.successor = now, self._pair(now, switches)
        elif now - known.used > switches.refresh_grace * SECOND:
            raise _invalid_grant(switches)
        return known.successor

    def _pair(self, now: int, switches: Switches) -> dict[str, Any]:
        access, refresh = f"at.{self.ids.next()}{self.ids.next()}", f"rt.{self.ids.next()}{self.ids.next()}"
        self.tokens.access[access] = Access(now + switches.token_lifetime * SECOND)
        self.tokens.refresh[refresh] = Refresh(now + _YEAR)
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": switches.token_lifetime,
            "refresh_token": refresh,
            "scope": " ".join(switches.scopes),
            "userType": "Location",
            "locationId": self.credentials.location_id,
            "companyId": self.credentials.company_id,
            "userId": self.credentials.user_id,
        }


def _read(call: Call) -> Any:
    if call.v3 and "json" in call.request.headers.get("content-type", ""):
        return call.body()
    return call.request.form()


def _invalid_grant(switches: Switches) -> Refusal:
    return Refusal(
        switches.invalid_grant_status,
        "This refresh token is invalid",
        error="invalid_grant",
        error_description="This refresh token is invalid",
    )
