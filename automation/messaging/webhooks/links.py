"""Addresses of this site that go out with messages.

Links that end marketing by e-mail say whose they are in a form that only the hub can read, and never run out.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from urllib.parse import quote

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class BadLink(ValueError):
    """It is none of ours."""


@dataclass(frozen=True)
class Link:
    address: str
    message_key: str


def unsubscribe_url(address: str, key: str) -> str:
    token = _box().encrypt(json.dumps([address, key]).encode()).decode().rstrip("=")
    return f"{settings.HUB_PUBLIC_URL}/webhooks/unsubscribe/{token}/"


def status_url(key: str) -> str:
    """Where the provider tells how a message fares. It signs exactly this address, so both sides take it from here."""
    return f"{settings.HUB_PUBLIC_URL}/webhooks/twilio/status/{quote(key, safe=':')}/"


def read(token: str) -> Link:
    """Raises BadLink."""
    try:
        address, key = json.loads(_box().decrypt(token + "=" * (-len(token) % 4)))
    except (InvalidToken, ValueError, TypeError) as error:
        raise BadLink("This link is not one of ours, or was cut off.") from error
    return Link(str(address), str(key))


def _box() -> Fernet:
    """The worker makes links and the web process reads them: by the key that both have."""
    return Fernet(base64.urlsafe_b64encode(hmac.new(settings.HUB_LINK_KEY.encode(), b"unsubscribe", hashlib.sha256).digest()))
