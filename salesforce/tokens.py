"""Where a call's token and the org's address come from."""

from typing import Protocol

from config.isolation.egress.retries import Stats


class Session(Protocol):
    @property
    def access_token(self) -> str: ...

    @property
    def instance_url(self) -> str:
        """Without a slash at the end."""

    @property
    def org_id(self) -> str: ...

    @property
    def user_id(self) -> str: ...


class Tokens(Protocol):
    def current(self, stats: Stats) -> Session:
        """Raises NotAuthorized where there is none, and what a call may raise where one is fetched."""

    def renew(self, refused: str, stats: Stats) -> bool:
        """Salesforce refused the access token `refused`: whether `current` has one now that is worth another call."""
