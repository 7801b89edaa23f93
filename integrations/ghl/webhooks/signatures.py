"""Whether a webhook comes from the vendor: a signature over the body's bytes, in base64 in a header.

X-GHL-Signature   Ed25519
x-wh-signature    RSA PKCS#1 v1.5 with SHA-256, the legacy; looked at only where the first is absent
Source: the vendor's docs/oauth/WebhookAuthentication.md and its SDKs, where both public keys stand.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.conf import settings

HEADER, LEGACY_HEADER = "X-GHL-Signature", "x-wh-signature"
NONE = "none"  # in place of a key: nothing signed like this is taken
VENDORS_KEY = "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg="
VENDORS_LEGACY_KEY = """
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAokvo/r9tVgcfZ5DysOSCFrm602qYV0MaAiNnX9O8KxMbiyRKWeL9JpCpVpt4XHIcBOK4
u3cLSqJGOLaPuXw6dO0t6Q/ZVdAV5Phz+ZtzPL16iCGeK9po6D6JHBpbi989mmzMryUnQJezlYJ3DVfBcsedpinheNnyYeFXolrJvcsjDtfAeRx5
ByHQmTnSdFUzuAnC9/GepgLT9SM4nCpvuxmZMxrJt5Rw+VUaQ9B8JSvbMPpez4peKaJPZHBbU3OdeCVx5klVXXZQGNHOs8gF3kvoV5rTnXV0IknL
BXlcKKAQLZcY/Q9rG6Ifi9c+5vqlvHPCUJFT5XUGG5RKgOKUJ062fRtN+rLYZUV+BjafxQauvC8wSWeYja63VSUruvmNj8xkx2zE/Juc+yjLjTXp
IocmaiFeAO6fUtNjDeFVkhf5LNb59vECyrHD2SQIrhgXpO4Q3dVNA5rw576PwTzNh/AMfHKIjE4xQA1SZuYJmNnmVZLIZBlQAF9Ntd03rfadZ+yD
iOXCCs9FkHibELhCHULgCsnuDJHcrGNd5/Ddm5hxGQ0ASitgHeMZ0kcIOwKDOzOU53lDza6/Y09T7sYJPQe7z0cvj7aE4B+Ax1ZoZGPzpJlZtGXC
su9aTEGEnKzmsFqwcSsnw3JB31IGKAykT1hhTiaCeIY/OwwwNUY2yvcCAwEAAQ==
"""


class BadKey(ValueError):
    """A setting that holds no key of its kind."""


def is_genuine(body: bytes, headers: Mapping[str, str]) -> bool:
    if signature := _given(headers, HEADER):
        return _ed25519(signature, body)
    if signature := _given(headers, LEGACY_HEADER):
        return _rsa(signature, body)
    return False


def check_keys() -> None:
    """Raises BadKey."""
    _key(settings.HUB_GHL_WEBHOOK_KEY or VENDORS_KEY, Ed25519PublicKey)
    _key(settings.HUB_GHL_WEBHOOK_LEGACY_KEY or VENDORS_LEGACY_KEY, RSAPublicKey)


def _given(headers: Mapping[str, str], name: str) -> str:
    """The vendor writes N/A where it has not signed."""
    value = headers.get(name, "").strip()
    return "" if value.upper() == "N/A" else value


def _ed25519(signature: str, body: bytes) -> bool:
    key = _key(settings.HUB_GHL_WEBHOOK_KEY or VENDORS_KEY, Ed25519PublicKey)
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(base64.b64decode(signature, validate=True), body)
            return True
    except (InvalidSignature, binascii.Error, ValueError):
        pass
    return False


def _rsa(signature: str, body: bytes) -> bool:
    key = _key(settings.HUB_GHL_WEBHOOK_LEGACY_KEY or VENDORS_LEGACY_KEY, RSAPublicKey)
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(base64.b64decode(signature, validate=True), body, PKCS1v15(), hashes.SHA256())
            return True
    except (InvalidSignature, binascii.Error, ValueError):
        pass
    return False


@cache
def _key(text: str, kind: type[Ed25519PublicKey] | type[RSAPublicKey]) -> Ed25519PublicKey | RSAPublicKey | None:
    """`text`: SPKI in base64, with or without PEM's first and last line. None for NONE. Raises BadKey."""
    if text.strip().lower() == NONE:
        return None
    packed = re.sub(r"-----[A-Z ]+-----|\\n|\s", "", text)
    try:
        key = load_der_public_key(base64.b64decode(packed, validate=True))
    except (ValueError, TypeError) as error:
        raise BadKey(f"it is no public key: {error}") from error
    if not isinstance(key, kind):
        raise BadKey(f"it is a key of another kind ({type(key).__name__.strip('_')})")
    return key
