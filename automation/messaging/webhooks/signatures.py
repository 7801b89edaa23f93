"""Whether a request comes from Twilio: HMAC-SHA1 over its address and its sorted fields, in base64 (docs/twilio.md)."""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from django.conf import settings

HEADER = "X-Twilio-Signature"
PORTS = {"https": 443, "http": 80}


def is_genuine(url: str, fields: Mapping[str, Sequence[str]], given: str) -> bool:
    """`url`: the public one that Twilio was told, whatever a proxy made of it."""
    secret = settings.BACKOFFICE_TWILIO_AUTH_TOKEN
    if not secret or not given:
        return False
    known = [signature(spelling, fields, secret) for spelling in _spellings(url)]
    return any(hmac.compare_digest(one.encode(), given.encode()) for one in known)


def _spellings(url: str) -> Iterator[str]:
    """Twilio signs it with the port or without, and its own libraries take both."""
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(f":{parts.port}") if parts.port else parts.netloc
    port = parts.port or PORTS.get(parts.scheme, 443)
    for netloc in (host, f"{host}:{port}"):
        yield parts._replace(netloc=netloc).geturl()


def signature(url: str, fields: Mapping[str, Sequence[str]], secret: str) -> str:
    text = url + "".join(f"{name}{value}" for name in sorted(fields) for value in sorted(set(fields[name])))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(errors="replace"), hashlib.sha1).digest()).decode()
