"""What Salesforce gave us, as it is stored at `salesforce:tokens:default`."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any

CONNECTED, RECONNECT_NEEDED = "connected", "reconnect_needed"


@dataclass(frozen=True)
class Grant:
    """Moments are in seconds since 1970, but `issued_at_ms`, which is as Salesforce tells it. There is no expiry: nobody tells.

    `generation` grows with each renewal. `denied_for`: a mark of the settings that were refused; others are worth a try.
    """

    flow: str
    login_url: str
    access_token: str = field(repr=False)
    instance_url: str
    refresh_token: str = field(default="", repr=False)
    identity_url: str = ""
    scope: str = ""
    token_type: str = "Bearer"  # noqa: S105 - a kind of token, and none
    issued_at_ms: int = 0
    obtained_at: float = 0.0
    last_refreshed_at: float = 0.0
    generation: int = 1
    status: str = CONNECTED
    last_error: str = ""
    denied_for: str = ""
    denied_at: float = 0.0

    @property
    def org_id(self) -> str:
        """The identity URL ends in /id/{org}/{user}."""
        return self._identity(-2)

    @property
    def user_id(self) -> str:
        return self._identity(-1)

    def _identity(self, place: int) -> str:
        parts = self.identity_url.rstrip("/").split("/")
        return parts[place] if len(parts) > 3 else ""

    def age(self) -> float:
        """Of the access token, in seconds."""
        return time.time() - (self.last_refreshed_at or self.obtained_at)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
