"""Alerts over real HTTP and real SMTP: they arrive, are tried again, and never show an address in a log."""

import json
import logging
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress.session import UnitSession
from config.isolation.errors import EgressRefused
from config.isolation.manifest import BY_NAME
from config.monitoring import alerts
from config.monitoring.book import Pending

WORD: dict[str, Any] = {
    "kind": "raised", "text": "Redis: It does not answer.",
    "incident": {"id": "1-1", "cause": "redis", "suffering": ["worker.ghl"], "opened": 5.0, "closed": 0.0, "told": 0,
                 "last_told": 5.0},
}  # fmt: skip


@dataclass
class Received:
    bodies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    status: int = 200
    url: str = ""
    smtp: str = ""


class _Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs to hand over one message."""

    def handle(self) -> None:
        self.wfile.write(b"220 test\r\n")
        while line := self.rfile.readline():
            if line.upper().startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                text = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    text += part
                self.server.received.mails.append(text.decode())  # type: ignore[attr-defined] # set below
            self.wfile.write(b"250 ok\r\n" if not line.upper().startswith(b"QUIT") else b"221 bye\r\n")


@pytest.fixture
def received(settings: Settings) -> Iterator[Received]:
    found = Received()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.bodies.append((self.path, json.loads(body)))
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    web, mail = ThreadingHTTPServer(("127.0.0.1", 0), Hook), socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mailbox)
    mail.received = found  # type: ignore[attr-defined] # for its handlers
    for server in (web, mail):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url, found.smtp = f"http://127.0.0.1:{web.server_port}", f"smtp://127.0.0.1:{mail.server_address[1]}"
    settings.MONITOR_SLACK_URL, settings.MONITOR_WEBHOOK_URL = f"{found.url}/services/T0/S3CRET", f"{found.url}/hook"
    settings.MONITOR_EMAIL_URL, settings.MONITOR_EMAIL_TO = found.smtp, "ann@example.com, bob@example.com"
    settings.MONITOR_EMAIL_FROM = "hub@example.com"
    with acting_as("monitor"):
        yield found
    for server in (web, mail):
        server.shutdown()
        server.server_close()


def test_a_word_goes_out_by_every_channel(received: Received) -> None:
    assert alerts.send_due([Pending(WORD, list(alerts.channels()))], 100.0) == []
    bodies = dict(received.bodies)
    assert bodies["/services/T0/S3CRET"]["text"].endswith("Redis: It does not answer.")
    hook = bodies["/hook"]
    assert (hook["event"], hook["incident"]["cause"], hook["incident"]["suffering"]) == ("raised", "redis", ["worker.ghl"])
    assert "told" not in hook["incident"]
    (mail,) = received.mails
    assert "Subject: [raised] Redis: It does not answer." in mail and "To: ann@example.com, bob@example.com" in mail


def test_a_channel_that_fails_is_tried_again_alone(received: Received, caplog: pytest.LogCaptureFixture) -> None:
    received.status = 500
    with caplog.at_level(logging.WARNING):
        (left,) = alerts.send_due([Pending(WORD, list(alerts.channels()))], 100.0)
    assert (left.channels, left.tries, left.next_try) == (["slack", "webhook"], 1, 130.0)
    assert "S3CRET" not in caplog.text
    assert alerts.send_due([left], 110.0) == [left] and len(received.bodies) == 2, "not before its time"
    received.status = 200
    assert alerts.send_due([left], 131.0) == []
    assert len(received.mails) == 1, "who has it does not get it twice"


def test_nobody_answers(received: Received, settings: Settings) -> None:
    settings.MONITOR_EMAIL_URL, settings.MONITOR_SLACK_URL = "smtp://127.0.0.1:9", "http://127.0.0.1:9/x"
    (left,) = alerts.send_due([Pending(WORD, list(alerts.channels()))], 0.0)
    assert left.channels == ["e-mail", "slack"]
    given_up = Pending(WORD, ["slack"], tries=alerts.GIVE_UP_AFTER - 1)
    assert alerts.send_due([given_up], 1e9) == []


def test_only_what_is_set_is_a_channel(received: Received, settings: Settings) -> None:
    settings.MONITOR_EMAIL_TO = settings.MONITOR_SLACK_URL = ""
    assert list(alerts.channels()) == ["webhook"]


def test_the_session_lets_it_post_there_and_nowhere_else(received: Received, settings: Settings) -> None:
    settings.MONITOR_SLACK_URL = ""
    settings.MONITOR_WEBHOOK_URL = f"{received.url}/hook"
    assert alerts.send_test("webhook")
    path, body = received.bodies[-1]
    assert (path, body["event"], body["incident"]) == ("/hook", "test", {})
    settings.MONITOR_WEBHOOK_URL = ""
    with UnitSession(BY_NAME["monitor"]) as session, pytest.raises(EgressRefused):
        session.post(f"{received.url}/hook", json={}, timeout=5)
