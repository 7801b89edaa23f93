"""The two signatures of a webhook (contract section 11), with keys of the sandbox's own.

X-GHL-Signature   Ed25519 over the raw body
x-wh-signature    RSA PKCS#1 v1.5 with SHA-256, the legacy
"""

import base64
from functools import cached_property

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from config.sandbox.chance import mix, salt

HEADERS = {"ed25519": "X-GHL-Signature", "rsa": "x-wh-signature"}


class Signer:
    """The Ed25519 key follows from the seed, so that settings hold after a restart; the RSA key is made anew."""

    def __init__(self, seed: int) -> None:
        constant = salt(seed, "webhook key")
        self._edwards = Ed25519PrivateKey.from_private_bytes(b"".join(mix(constant ^ n).to_bytes(8, "big") for n in range(4)))

    @cached_property
    def _rsa(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(65_537, 2048)

    def sign(self, body: bytes, kinds: tuple[str, ...]) -> dict[str, str]:
        headers = {}
        if "ed25519" in kinds:
            headers[HEADERS["ed25519"]] = base64.b64encode(self._edwards.sign(body)).decode()
        if "rsa" in kinds:
            signature = self._rsa.sign(body, padding.PKCS1v15(), hashes.SHA256())
            headers[HEADERS["rsa"]] = base64.b64encode(signature).decode()
        return headers

    def public_keys(self) -> dict[str, str]:
        """SPKI in base64, as the vendor publishes its own."""
        keys: dict[str, PublicKeyTypes] = {"ed25519": self._edwards.public_key(), "rsa": self._rsa.public_key()}
        return {
            name: base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
            for name, key in keys.items()
        }
