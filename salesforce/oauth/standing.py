"""How the connection stands, for people and machines: never a token."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from salesforce.errors import NotAuthorized, ReconnectNeeded, SalesforceError
from salesforce.http import shared_redis
from salesforce.oauth.grant import Grant
from salesforce.oauth.tokens import OAuthTokens, refuse_known


@dataclass(frozen=True)
class Standing:
    """`connected`: calls can be made, as far as is known. `said`: a sentence. Moments are ISO 8601."""

    connected: bool
    flow: str
    said: str
    reconnect_needed: bool = False
    login_url: str = ""
    instance_url: str = ""
    org_id: str = ""
    user_id: str = ""
    connected_at: str | None = None
    renewed_at: str | None = None
    generation: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def standing() -> Standing:
    """Raises Unreachable where Redis is away."""
    flow = settings.SALESFORCE_FLOW
    try:
        grant = OAuthTokens(shared_redis()).stored()
    except NotAuthorized as error:
        return Standing(False, flow, str(error), reconnect_needed=True)
    if grant is None:
        if flow == "web":
            return Standing(False, flow, "No Salesforce org is connected.")
        return Standing(False, flow, "The hub has not logged in yet: it does so by itself when it first has something to send.")
    try:
        refuse_known(grant)
    except SalesforceError as error:
        return _of(grant, str(error), connected=False, reconnect=isinstance(error, ReconnectNeeded))
    return _of(grant, f"Connected to the org {grant.org_id} at {grant.instance_url}.", connected=True)


def _of(grant: Grant, said: str, *, connected: bool, reconnect: bool = False) -> Standing:
    return Standing(
        connected, grant.flow, said, reconnect, grant.login_url, grant.instance_url, grant.org_id, grant.user_id,
        _moment(grant.obtained_at), _moment(grant.last_refreshed_at), grant.generation,
    )  # fmt: skip


def _moment(seconds: float) -> str | None:
    return datetime.fromtimestamp(seconds, timezone.get_current_timezone()).isoformat(timespec="seconds") if seconds else None
