"""Secrets sealed at rest: encrypted with a unit's own keys, which can be changed while processes run.

Fernet seals without saying for what, so the unit and the name stand inside and are checked after opening: a secret
copied to another key or another unit does not open.
"""

import json
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from config.isolation.errors import IsolationError
from config.isolation.tokens.keys import KeyFile, key_file


class SealBroken(IsolationError):
    """What is there cannot be opened: sealed with a key that is gone, for another place, or no seal at all."""


class Seal:
    """Seals and opens for one unit, and one `name` of what is sealed."""

    def __init__(self, unit: str, name: str = "") -> None:
        self.unit, self.name = unit, name
        self.file: KeyFile = key_file(unit)

    def close(self, content: dict[str, Any]) -> str:
        plain = json.dumps({"unit": self.unit, "name": self.name, "content": content})
        return _fernet(self.file.keys()).encrypt(plain.encode()).decode()

    def open(self, sealed: str) -> dict[str, Any]:
        """Raises SealBroken; its message shows nothing of what was sealed."""
        try:
            plain = self._decrypt(sealed)
        except InvalidToken:
            raise SealBroken(f"It is not sealed with any of the keys in {self.file.path}.") from None
        found = json.loads(plain)
        if (found.get("unit"), found.get("name")) != (self.unit, self.name):
            raise SealBroken(f"It was sealed for '{found.get('unit')}' as '{found.get('name')}', and copied here.")
        content: dict[str, Any] = found["content"]
        return content

    def is_newest(self, sealed: str) -> bool:
        """Whether it is sealed with the first key."""
        try:
            Fernet(self.file.keys()[0]).decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def _decrypt(self, sealed: str) -> bytes:
        """Keys that were changed a moment ago are read again before anything is given up."""
        try:
            return _fernet(self.file.keys()).decrypt(sealed.encode())
        except InvalidToken:
            return _fernet(self.file.keys(afresh=True)).decrypt(sealed.encode())


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
