"""A caller that speaks WSGI to the emulator, as a server would."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from config.sandbox import moments
from servicetitan.sandbox import Sandbox
from tests.config.sandbox.wsgi import Reply, call

FEEDS = {
    "customers": "crm/export/customers",
    "contacts": "crm/export/customers/contacts",
    "locations": "crm/export/locations",
    "jobs": "jpm/export/jobs",
    "appointments": "jpm/export/appointments",
    "estimates": "sales/export/estimates",
    "invoices": "accounting/export/invoices",
}


Row = dict[str, Any]
Tables = dict[str, dict[int, Row]]


def moment_of(text: str) -> int:
    """A timestamp as a number; fails where there is none."""
    moment = moments.parse(text)
    assert moment is not None
    return moment


Check = Callable[[str, Reply], None]
Switch = Callable[..., None]


class Caller:
    """Calls the WSGI app as a server would, with a token of its own."""

    def __init__(self, app: Sandbox) -> None:
        self.app = app
        self.tenant = app.credentials.tenant
        self.token: str | None = None

    def raw(
        self,
        method: str,
        path: str,
        query: str = "",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        caller: str = "127.0.0.1",
    ) -> Reply:
        return call(self.app, method, path, query, body, headers, caller)

    def ask_token(self, **form: str) -> Reply:
        credentials = self.app.credentials
        fields = {
            "grant_type": "client_credentials",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        } | form
        return self.raw("POST", "/connect/token", body=urlencode(fields).encode())

    def headers(self) -> dict[str, str]:
        if self.token is None:
            self.token = self.ask_token().json["access_token"]
        return {"Authorization": f"Bearer {self.token}", "ST-App-Key": self.app.credentials.app_key}

    def get(self, path: str, **query: Any) -> Reply:
        """`path` as module/resource, e.g. crm/customers."""
        module, _, resource = path.partition("/")
        address = f"/{module}/v2/tenant/{self.tenant}/{resource}"
        return self.raw("GET", address, urlencode(query, doseq=True), headers=self.headers())

    def follow(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """The batches of an export until hasMore is false."""
        while True:
            batch = self.get(path, **query).json
            yield batch
            if not batch["hasMore"]:
                return
            query["from"] = batch["continueFrom"]

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        return [row for batch in self.follow(path, **query) for row in batch["data"]]

    def control(self, method: str, name: str, value: Any = None) -> Reply:
        body = b"" if value is None else json.dumps(value).encode()
        return self.raw(method, f"/sandbox/{name}", body=body)
