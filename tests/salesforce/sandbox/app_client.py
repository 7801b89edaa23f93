"""The External Client App's side of OAuth, as the hub's client will do it."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.salesforce.sandbox.caller import Caller

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


class AppClient:
    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        who = caller.app.org.credentials
        self.redirect_uri = who.redirect_uris[0]
        self.id, self.secret = who.client_id, who.client_secret

    def authorize(self, **changes: Any) -> requests.Response:
        """A parameter set to None is left out."""
        asked = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": self.redirect_uri,
            "scope": "api refresh_token",
            "state": "s1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return self.caller.raw("GET", "/services/oauth2/authorize", params=asked | changes)

    def token(self, grant: str, **form: Any) -> requests.Response:
        fields = {"grant_type": grant, "client_id": self.id, "client_secret": self.secret}
        return self.caller.raw("POST", "/services/oauth2/token", data=fields | form)

    def exchange(self, code: str, **form: Any) -> requests.Response:
        given = {"code": code, "redirect_uri": self.redirect_uri, "code_verifier": VERIFIER}
        return self.token("authorization_code", **(given | form))

    def connect(self, **changes: Any) -> Any:
        """The whole web-server flow, consent clicked by nobody: the token answer."""
        self.caller.switch(consent="allow")
        code = callback(self.authorize(**changes))["code"]
        reply = self.exchange(code)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def refresh(self, token: str, **form: Any) -> requests.Response:
        return self.token("refresh_token", refresh_token=token, **form)

    def works(self, token: str) -> bool:
        self.caller.token = token
        return self.caller("GET", "/limits").status_code == 200


def callback(reply: requests.Response) -> dict[str, str]:
    """What the browser brings back."""
    assert reply.status_code == 302, reply.text
    return {name: values[0] for name, values in parse_qs(urlsplit(reply.headers["Location"]).query).items()}


def no(reply: requests.Response) -> tuple[int, str, str]:
    """(status, error, description) of a refusal."""
    body = reply.json()
    assert set(body) == {"error", "error_description"}
    return reply.status_code, body["error"], body["error_description"]
