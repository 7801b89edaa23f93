"""The signed assertion of the JWT bearer flow (contract section 1.5).

Its life is measured in real time, whatever the sandbox's clock shows: who signs it knows no other.
"""

import base64
import time
from collections.abc import Iterable
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from salesforce.sandbox.oauth.refusals import invalid_grant


def public_key(pem: str) -> RSAPublicKey:
    """Of a certificate, as it is uploaded to the app, or of a bare public key."""
    data = pem.encode()
    key = load_pem_x509_certificate(data).public_key() if b"CERTIFICATE" in data else load_pem_public_key(data)
    if not isinstance(key, RSAPublicKey):
        raise ValueError("The certificate's key must be RSA.")
    return key


def check(assertion: str, *, pem: str, issuer: str, subject: str, audiences: Iterable[str]) -> None:
    """`invalid_grant` for whatever is wrong with it; the texts without a source are assumed."""
    head, claims = _signed(assertion, pem)
    if head.get("alg") != "RS256" or claims.get("iss") != issuer:
        raise invalid_grant("invalid assertion")
    if str(claims.get("aud") or "").rstrip("/") not in {audience.rstrip("/") for audience in audiences}:
        raise invalid_grant("Audience validation failed")
    if _moment(claims.get("exp")) <= time.time():
        raise invalid_grant("expired authorization code")
    if claims.get("sub") != subject:
        raise invalid_grant("user hasn't approved this consumer")


def _moment(claim: Any) -> float:
    """Also written as text, as simple-salesforce does."""
    try:
        return float(claim)
    except (TypeError, ValueError):
        return 0.0


def _signed(assertion: str, pem: str) -> tuple[dict[str, Any], dict[str, Any]]:
    signed, _, signature = assertion.rpartition(".")
    try:
        head, claims = (msgspec.json.decode(_decoded(part), type=dict[str, Any]) for part in signed.split("."))
        public_key(pem).verify(_decoded(signature), signed.encode(), PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature, msgspec.DecodeError):
        raise invalid_grant("invalid assertion") from None
    return head, claims


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
