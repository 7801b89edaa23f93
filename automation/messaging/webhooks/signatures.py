"""Whether a request comes from Twilio: HMAC-SHA1 over its address and its sorted fields, in base64 (docs/twilio.md)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from django.conf import settings

HEADER = "X-Twilio-Signature"


def is_genuine(path: str, fields: Mapping[str, Sequence[str]], given: str) -> bool:
    """`path` with its query: the address is the public one, whatever a proxy made of it."""
    secret = settings.BACKOFFICE_TWILIO_AUTH_TOKEN
    if not secret or not given:
        return False
    return hmac.compare_digest(signature(f"{settings.HUB_PUBLIC_URL}{path}", fields, secret), given)


def signature(url: str, fields: Mapping[str, Sequence[str]], secret: str) -> str:
    text = url + "".join(f"{name}{value}" for name in sorted(fields) for value in sorted(set(fields[name])))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
