"""What the vendor gave us, as it is stored."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any

EARLY_S = 600.0  # renewed so long before the end: what goes wrong then still has time to be put right
SHARE = 4  # of a short life, its last quarter


@dataclass(frozen=True)
class Grant:
    """An access token with the refresh token that comes with it. Moments are in seconds since 1970."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    obtained_at: float
    expires_at: float
    scopes: str = ""
    location_id: str = ""
    user_type: str = ""

    def seconds_left(self) -> float:
        return self.expires_at - time.time()

    def is_due(self) -> bool:
        """Whether it is time to renew it."""
        return self.seconds_left() < min(EARLY_S, (self.expires_at - self.obtained_at) / SHARE)

    def age(self) -> float:
        return time.time() - self.obtained_at

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
