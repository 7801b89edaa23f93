"""Where a call's token comes from: a private integration's, which is set, or OAuth's, which are renewed."""

from typing import Protocol

from config.isolation.egress.retries import Stats


class Tokens(Protocol):
    def current(self, stats: Stats) -> str:
        """The access token. Raises NotAuthorized where there is none, and what a call may raise where one is fetched."""

    def renew(self, refused: str, stats: Stats) -> bool:
        """The vendor refused `refused`: whether `current` has another one now."""


class PrivateToken:
    """Of a private integration: it lives until somebody rotates it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def current(self, stats: Stats) -> str:
        return self._token

    def renew(self, refused: str, stats: Stats) -> bool:
        return False
