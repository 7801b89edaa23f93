"""A caller of the emulator whose every answer is held against the vendor's documents."""

import json
from typing import Any
from urllib.parse import urlencode

from integrations.ghl.sandbox import Sandbox
from tests.config.sandbox.wsgi import Reply, call
from tests.integrations.ghl.sandbox.contract import check

JSON = "application/json"


class Caller:
    """With the private integration token, unless another is set."""

    def __init__(self, app: Sandbox, version: str = "2021-07-28") -> None:
        self.app = app
        self.version = version
        self.token = app.account.credentials.token
        self.location = app.account.credentials.location_id

    @property
    def v3(self) -> bool:
        return self.version == "v3"

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Version": self.version}

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> Reply:
        data = b"" if body is None else json.dumps(body).encode()
        reply = call(self.app, method, path, urlencode(query), data, self.headers(), content_type=JSON)
        check(self.version, method, path, reply)
        return reply

    def raw(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"", caller: str = "127.0.0.1"
    ) -> Reply:
        return call(self.app, method, path, "", body, headers, caller, JSON)

    def control(self, method: str, name: str, value: Any = None) -> Reply:
        return self.raw(method, f"/sandbox/{name}", body=b"" if value is None else json.dumps(value).encode())

    def switch(self, **values: Any) -> None:
        self.app.switches = self.app.switches.changed(values)

    # The shortest form of the usual writes.
    def contact(self, **values: Any) -> dict[str, Any]:
        return self("POST", "/contacts/", {"locationId": self.location, **values}).json["contact"]  # type: ignore[no-any-return]

    def upsert(self, **values: Any) -> Reply:
        return self("POST", "/contacts/upsert", {"locationId": self.location, **values})

    def pipeline(self, number: int = 0) -> dict[str, Any]:
        return list(self.app.account.pipelines.values())[number]

    def card(self, contact: str, **values: Any) -> Reply:
        body = {
            "pipelineId": self.pipeline()["id"],
            "locationId": self.location,
            "name": "New roof",
            "status": "open",
            "contactId": contact,
        }
        return self("POST", "/opportunities/", body | values)

    def field(self, name: str, model: str = "contact") -> str:
        body = {"name": name, "dataType": "TEXT", "model": model}
        reply = self("POST", f"/locations/{self.location}/customFields", body)
        return reply.json["customField"]["id"]  # type: ignore[no-any-return]

    def search(self, *filters: Any, **values: Any) -> list[dict[str, Any]]:
        body = {"locationId": self.location, "pageLimit": 100, "filters": list(filters), **values}
        return self("POST", "/contacts/search", body).json["contacts"]  # type: ignore[no-any-return]
