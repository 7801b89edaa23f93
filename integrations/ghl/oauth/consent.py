"""Connecting: a person consents in the vendor's own pages, whose last address holds a code; the code brings the tokens."""

import re
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from django.conf import settings

from config.isolation.egress.retries import Stats
from config.isolation.redis.client import UnitRedis
from config.isolation.tokens.store import TokenStore
from integrations.ghl.errors import GhlError, NotAuthorized
from integrations.ghl.http import UNIT
from integrations.ghl.oauth.endpoint import Denied, Endpoint
from integrations.ghl.oauth.grant import Grant
from integrations.ghl.oauth.standing import Standing

SCOPES = (
    "contacts.readonly",
    "contacts.write",
    "opportunities.readonly",
    "opportunities.write",
    "locations.readonly",
    "locations/customFields.readonly",
    "locations/customFields.write",
)
PAGE = "/v2/oauth/chooselocation"
STATE_S = 3600


class Unusable(GhlError):
    """What was pasted, or what it brought, is not what was asked for. Nothing was changed."""


class Consent:
    """For the sub-account of the settings."""

    def __init__(self, client: UnitRedis) -> None:
        self.account: str = settings.GHL_LOCATION_ID
        self._client, self._endpoint = client, Endpoint(client)
        self._standing = Standing(client, self.account)
        self._key = f"ghl:oauth:state:{self.account}"

    def address(self) -> str:
        """Where a person consents. Its `state` comes back with the code, and shows that both belong together."""
        state = secrets.token_urlsafe(24)
        self._client.set(self._key, state, ex=STATE_S)
        query = {
            "response_type": "code",
            "client_id": settings.GHL_OAUTH_CLIENT_ID,
            "scope": " ".join(SCOPES),
            **({"redirect_uri": _redirect()} if _redirect() else {}),
            **_own_link(),  # knows best
            "state": state,
        }
        return urlunsplit(urlsplit(settings.GHL_OAUTH_CONSENT_URL or _page())._replace(query=urlencode(query)))

    def finish(self, pasted: str, stats: Stats) -> Grant:
        """`pasted`: the code, or the whole address. Raises Unusable, and what the endpoint raises; then nothing is changed."""
        code = self._code(pasted.strip())
        try:
            grant = self._endpoint.redeem(code, _redirect(), stats)
        except Denied as denied:
            if denied.dead:
                raise Unusable(f"{denied} A code works once, and for minutes: get a new one.") from denied
            raise
        self._check(grant)
        TokenStore(UNIT.name, self.account).save(grant.as_dict())
        self._standing.clear()
        self._client.delete(self._key)
        return grant

    def disconnect(self) -> bool:
        """Whether there was a connection. The vendor hears nothing: uninstalling the app there ends it for good."""
        store = TokenStore(UNIT.name, self.account)
        connected = bool(self._client.exists(store.key))
        store.delete()
        self._standing.clear()
        return connected

    def _code(self, pasted: str) -> str:
        if "code=" not in pasted:
            if not re.fullmatch(r"[\w.~-]{1,2000}", pasted):
                raise Unusable("That is no code. Pass what stands behind code= in the browser's address, or the whole address.")
            return pasted
        query = parse_qs(urlsplit(pasted).query or pasted)
        expected = self._client.get(self._key)
        if query.get("state", [""])[-1] != expected:
            raise Unusable(
                "That address does not belong to the last link that was printed: somebody else's consent, or an older link. "
                "Run manage.py ghl_connect again and open the new link."
            )
        return query["code"][-1]

    def _check(self, grant: Grant) -> None:
        if grant.user_type and grant.user_type != "Location":
            raise Unusable(
                f"The app was installed for a {grant.user_type.lower()}, and its token opens no contacts. Install it for the "
                f"sub-account {self.account} itself."
            )
        if grant.location_id != self.account:
            raise NotAuthorized(
                f"The sub-account that was chosen is {grant.location_id or 'unknown'}, and GHL_LOCATION_ID is {self.account}: "
                "choose that one, or change GHL_LOCATION_ID.",
                0,
            )


def _redirect() -> str:
    return settings.GHL_OAUTH_REDIRECT_URL or _own_link().get("redirect_uri", "")


def _own_link() -> dict[str, str]:
    """What the app's installation link says, where it is set."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(settings.GHL_OAUTH_CONSENT_URL).query).items()}


def _page() -> str:
    """The consent page stands beside the API: marketplace.… where that is services.…"""
    parts = urlsplit(settings.GHL_API_URL)
    return urlunsplit((parts.scheme, parts.netloc.replace("services.", "marketplace.", 1), PAGE, "", ""))
