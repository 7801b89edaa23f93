"""A caller of the emulator over real HTTP, whose every answer is held against the contract's data files."""

from typing import Any
from urllib.parse import quote

import requests

from salesforce.sandbox import KEY, Sandbox
from tests.salesforce.sandbox.contract import check_errors, check_results

VERSION = 67


class Caller:
    """With an access token of its own, unless another is set."""

    def __init__(self, app: Sandbox, url: str) -> None:
        self.app = app
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.version = VERSION
        self.headers: dict[str, str] = {}
        self.token = self.control("POST", "session", {}).json()["access_token"]

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """A call to the API, `path` from behind the version."""
        headers = {"Authorization": f"Bearer {self.token}", **self.headers}
        address = f"{self.url}/services/data/v{self.version}.0{path}"
        reply = self.session.request(method, address, params=query, json=body, headers=headers, timeout=10)
        if reply.status_code >= 400 and reply.content and self.app.switches.error_shape == "array":
            check_errors(reply.json())
        elif path.startswith("/composite/sobjects") and method != "GET":
            check_results(reply.json())
        return reply

    def raw(self, method: str, path: str, **options: Any) -> requests.Response:
        """Anything else, as it is."""
        return self.session.request(method, self.url + path, timeout=10, allow_redirects=False, **options)

    def control(self, method: str, name: str, value: Any = None) -> requests.Response:
        return self.raw(method, f"/sandbox/{name}", json=value)

    def switch(self, **values: Any) -> None:
        assert self.control("PUT", "switches", values).status_code == 200

    def human(self, act: str, **values: Any) -> Any:
        reply = self.control("POST", "human", {"act": act, **values})
        assert reply.status_code == 200, reply.text
        return reply.json()

    def fault(self, action: str, path: str = "", **values: Any) -> None:
        reply = self.control("PUT", "faults", [{"action": action, "path": path, **values}])
        assert reply.status_code == 200, reply.text

    def advance(self, **step: float) -> None:
        assert self.control("POST", "advance", step).status_code == 200

    @property
    def state(self) -> Any:
        return self.control("GET", "state").json()

    # The shortest form of the usual calls.

    def create(self, sobject: str = "Contact", **values: Any) -> str:
        reply = self("POST", f"/sobjects/{sobject}", values)
        assert reply.status_code == 201, reply.text
        return reply.json()["id"]  # type: ignore[no-any-return]

    def read(self, id: str, sobject: str = "Contact") -> Any:
        reply = self("GET", f"/sobjects/{sobject}/{id}")
        assert reply.status_code == 200, reply.text
        return reply.json()

    def upsert(self, key: str, sobject: str = "Contact", **values: Any) -> requests.Response:
        return self("PATCH", f"/sobjects/{sobject}/{KEY}/{quote(key, safe='')}", values)

    def push(self, *rows: dict[str, Any], sobject: str = "Contact", key: str = KEY, together: bool = False) -> Any:
        """A collection by key: its results."""
        typed = [{"attributes": {"type": sobject}, **row} for row in rows]
        reply = self("PATCH", f"/composite/sobjects/{sobject}/{key}", {"allOrNone": together, "records": typed})
        return reply.json()

    def query(self, text: str) -> Any:
        reply = self("GET", "/query", q=text)
        assert reply.status_code == 200, reply.text
        return reply.json()


def error(reply: requests.Response) -> tuple[int, str, str]:
    """(status, code, message) of a refusal."""
    first = reply.json()[0]
    return reply.status_code, first["errorCode"], first["message"]


def why(result: dict[str, Any]) -> tuple[str, str, list[str]]:
    """(code, message, fields) of a row that failed."""
    assert result["success"] is False
    first = result["errors"][0]
    return first["statusCode"], first["message"], first["fields"]


def row(number: str, last: str = "Lee", **values: Any) -> dict[str, Any]:
    return {KEY: number, "LastName": last, **values}
