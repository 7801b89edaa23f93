"""An emulated account at a frozen moment, a caller of it, and a receiver of what it tells."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from automation.sandbox.app import Sandbox, create_app
from automation.sandbox.callbacks import sign
from automation.sandbox.store import Store
from automation.sandbox.switches import Switches
from config.isolation.egress import guard
from config.sandbox.clock import Clock
from config.sandbox.loopback import running
from tests.config.sandbox.wsgi import Reply, call

ACCOUNT, SECRET, SENDER, ANN = "ACtest00000000000000000000000000000", "secret", "+14805550100", "+16025550001"
START = datetime(2026, 11, 24, 19, tzinfo=UTC)


@dataclass
class Caller:
    app: Sandbox
    name: str = ACCOUNT
    secret: str = SECRET

    def __call__(self, method: str, path: str = "", form: dict[str, str] | None = None, **query: str) -> Reply:
        login = base64.b64encode(f"{self.name}:{self.secret}".encode()).decode()
        named = {name.replace("_since", ">").replace("_until", "<"): value for name, value in query.items()}
        full, _, asked = (path or f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json").partition("?")
        body = urlencode(form or {}).encode()
        return call(self.app, method, full, asked or urlencode(named), body, {"Authorization": f"Basic {login}"})

    def send(self, body: str = "Hi", to: str = ANN, **more: str) -> Reply:
        return self("POST", form={"To": to, "From": SENDER, "Body": body, **more})

    def control(self, method: str, name: str, value: Any = None) -> Reply:
        return call(self.app, method, f"/sandbox/{name}", body=b"" if value is None else json.dumps(value).encode())

    def switch(self, **values: Any) -> None:
        assert self.control("PUT", "switches", values).status == 200

    def advance(self, seconds: float) -> None:
        self.control("POST", "advance", {"seconds": seconds})
        self.settle()

    def settle(self) -> None:
        """Whatever is due has happened."""
        clock, letters = self.app.store.clock, self.app.callbacks
        while any(letter.due <= clock.ticks() for letter in list(letters._letters)) or letters._busy:  # in this order
            self.app.closing.wait(0.01)


@dataclass
class Receiver:
    """`told`: the fields of what was genuine; `forged` counts the rest."""

    url: str = ""
    told: list[dict[str, str]] = field(default_factory=list)
    forged: int = 0

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        fields = dict(parse_qsl(body))
        if environ["HTTP_X_TWILIO_SIGNATURE"] == sign(f"{self.url}{environ['PATH_INFO']}", fields, SECRET):
            self.told.append(fields)
        else:
            self.forged += 1
        start("200 OK", [("Content-Length", "2")])
        return [b"OK"]

    @property
    def states(self) -> list[str]:
        return [fields["MessageStatus"] for fields in self.told]


@pytest.fixture
def caller() -> Iterator[Caller]:
    app = create_app(Store(ACCOUNT, SECRET, Clock.frozen(START)), Switches())
    app.callbacks.opening = lambda: guard.trusted("this test is called back")
    yield Caller(app)
    app.closing.set()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    with running(found) as url:
        found.url = url
        yield found
