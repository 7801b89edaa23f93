"""E-mail over real SMTP: what surely was not sent is tried again, and what may have been is not."""

import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from automation.messaging.channels import channel_of
from automation.messaging.channels.base import Accepted, NotNow, Outgoing, Refused, Unclear
from automation.messaging.channels.mail import Folder, Smtp
from config.isolation.actor import acting_as

OUT = Outgoing("9:1:0", 5, "ann@example.com", "Your estimate", "Hi Ann,\n\nthank you.", "https://hub.example.com/webhooks/unsubscribe/x/")


class Server(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as one letter needs. `says` replaces the answer to a command; "" hangs up instead."""

    allow_reuse_address, daemon_threads = True, True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.says: dict[str, str] = {}
        self.letters: list[Message] = []


class Handler(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            verb = line.split()[0].decode().upper().rstrip(":") if line.strip() else ""
            if verb == "DATA" and "DATA" not in self.server.says:
                self.wfile.write(b"354 go on\r\n")
                letter = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.letters.append(message_from_bytes(letter))
                verb = "END"
            answer = self.server.says.get(verb, "221 bye" if verb == "QUIT" else "250 fine")
            if not answer:
                return
            self.wfile.write(f"{answer}\r\n".encode())
            if verb == "QUIT":
                return


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    with Server() as server, acting_as("automation"):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.SMTP_URL = f"smtp://127.0.0.1:{server.server_address[1]}"
        settings.SMTP_FROM = "Desert Air <office@desert.example>"
        settings.MESSAGING_EMAIL = "smtp"
        yield server
        server.shutdown()


def test_a_letter_arrives(server: Server) -> None:
    accepted = channel_of("email").send(OUT)
    (letter,) = server.letters
    assert (letter["To"], letter["From"], letter["Subject"]) == (OUT.address, "Desert Air <office@desert.example>", OUT.subject)
    assert letter["List-Unsubscribe"] == f"<{OUT.unsubscribe_url}>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Message-ID"] == accepted.provider_id and letter["Message-ID"].endswith("@desert.example>")
    assert letter.get_payload() == "Hi Ann,\r\n\r\nthank you.\r\n"
    again = Outgoing(OUT.key, 6, OUT.address, OUT.subject, OUT.body)
    assert channel_of("email").send(again).provider_id == accepted.provider_id, "whoever got both could tell"
    assert "List-Unsubscribe" not in server.letters[1]


@pytest.mark.parametrize(
    ("command", "answer", "expected"),
    [
        ("MAIL", "451 later", NotNow), ("RCPT", "450 busy", NotNow), ("RCPT", "550 nobody", Refused), ("RCPT", "", NotNow),
        ("DATA", "451 later", NotNow), ("DATA", "", Unclear), ("END", "452 full", NotNow), ("END", "554 no", Refused),
        ("END", "", Unclear), ("EHLO", "", NotNow),
    ],
)  # fmt: skip
def test_what_the_server_says(server: Server, command: str, answer: str, expected: type[Exception]) -> None:
    server.says[command] = answer
    if command == "EHLO":
        server.says["HELO"] = ""
    with pytest.raises(expected):
        Smtp().send(OUT)


def test_a_server_that_is_not_there(settings: Settings) -> None:
    settings.SMTP_URL = "smtp://127.0.0.1:9"
    with acting_as("automation"), pytest.raises(NotNow):
        Smtp().send(OUT)


@pytest.mark.parametrize("bad", [{"subject": "a\r\nBcc: eve@example.com"}, {"address": "a@example.com\nX: y"}])
def test_nobody_writes_a_header_of_his_own(server: Server, bad: dict[str, str]) -> None:
    with pytest.raises(Refused):
        Smtp().send(Outgoing("k", 1, bad.get("address", OUT.address), bad.get("subject", ""), "text"))
    assert not server.letters


def test_into_a_folder_and_found_there(settings: Settings, tmp_path: Path) -> None:
    settings.HUB_DATA_DIR = tmp_path
    assert Folder().find(OUT, None) is None  # type: ignore[arg-type] # it does not look at the time
    accepted = Folder().send(OUT)
    assert Folder().find(OUT, None) == Accepted(accepted.provider_id)  # type: ignore[arg-type] # as above
    assert "Hi Ann," in next((tmp_path / "mail").glob("*.eml")).read_text()
