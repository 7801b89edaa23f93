"""What the token endpoint says no with (contract section 1.7)."""

from config.sandbox.http import Answer, json_answer
from salesforce.sandbox.switches import Switches


class OAuthRefusal(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status

    def answer(self) -> Answer:
        return json_answer({"error": self.error, "error_description": self.description}, self.status)


def invalid_grant(description: str) -> OAuthRefusal:
    return OAuthRefusal("invalid_grant", description)


def dead_token() -> OAuthRefusal:
    return invalid_grant("expired access/refresh token")


def unknown_client(switches: Switches) -> OAuthRefusal:
    return OAuthRefusal("invalid_client_id", "client identifier invalid", switches.client_error_status)


def wrong_secret(switches: Switches) -> OAuthRefusal:
    return OAuthRefusal("invalid_client", "invalid client credentials", switches.client_error_status)
