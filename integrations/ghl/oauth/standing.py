"""What is known about the connection besides its tokens, at `ghl:oauth:<account>`: that the vendor refuses to renew them.

Once refused, the same tokens are not sent again in a loop: a dead refresh token never, anything else after a while.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from config.isolation.redis.client import UnitRedis
from integrations.ghl.oauth.endpoint import Denied
from integrations.ghl.oauth.grant import Grant

LATER_S = 900
CONNECT = "A person must connect again: manage.py ghl_connect."


@dataclass(frozen=True)
class Refusal:
    """`needs_person`: only consenting again helps."""

    why: str
    since: datetime
    needs_person: bool


class Standing:
    def __init__(self, client: UnitRedis, account: str) -> None:
        self._client, self._key = client, f"ghl:oauth:{account}"

    def note(self, grant: Grant, denied: Denied) -> None:
        told = {"of": _mark(grant), "why": str(denied), "since": timezone.now().isoformat(), "dead": denied.dead}
        self._client.set(self._key, json.dumps(told), ex=None if denied.dead else LATER_S)

    def refusal(self, grant: Grant) -> Refusal | None:
        """Of these very tokens, sent by this very app."""
        found = self._client.get(self._key)
        told = json.loads(found) if isinstance(found, str | bytes) else {}
        if told.get("of") != _mark(grant):
            return None
        return Refusal(told["why"], parse_datetime(told["since"]) or timezone.now(), bool(told["dead"]))

    def clear(self) -> None:
        self._client.delete(self._key)


def _mark(grant: Grant) -> str:
    """Another secret, or a new connection, is worth another try."""
    parts = (grant.refresh_token, settings.GHL_OAUTH_CLIENT_ID, settings.GHL_OAUTH_CLIENT_SECRET)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
