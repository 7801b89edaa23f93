"""E-mail over real SMTP: what surely was not sent is tried again, and what may have been is not."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from automation.messaging.channels import channel_of, mail
from automation.messaging.channels.base import Accepted, NotNow, Outgoing, Refused, Unclear
from automation.messaging.channels.console import Console, masked
from automation.messaging.channels.mail import Folder, Smtp
from automation.messaging.webhooks.links import unsubscribe_url
from config.isolation.actor import acting_as
from tests.automation.messaging.channels.smtp import Server, certificate

OUT = Outgoing("9:1:0", 5, "ann@example.com", "Your estimate", "Hi Ann,\n\nthank you.")
NOW = datetime(2026, 11, 24, 19, tzinfo=UTC)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    with server, acting_as("automation"):
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    with serving(Server()) as server:
        settings.SMTP_URL = f"smtp://127.0.0.1:{server.server_address[1]}"
        settings.SMTP_FROM = "Desert Air <office@desert.example>"
        settings.MESSAGING_EMAIL, settings.HUB_PUBLIC_URL = "smtp", "https://hub.example.com"
        yield server


def test_a_letter_arrives(server: Server) -> None:
    accepted = channel_of("email").send(OUT)
    letter = server.read()
    assert (letter["To"], letter["From"], letter["Subject"]) == (OUT.address, "Desert Air <office@desert.example>", OUT.subject)
    assert letter["Message-ID"] == accepted.provider_id and letter["Message-ID"].endswith("@desert.example>")
    assert letter["Auto-Submitted"] == "auto-generated" and "List-Unsubscribe" not in letter
    assert letter.get_content() == "Hi Ann,\r\n\r\nthank you.\r\n"
    assert "MAIL FROM:<office@desert.example>".lower() in server.heard[1].lower() and server.heard[-1].upper() == "QUIT"
    again = replace(OUT, claim=6)
    assert channel_of("email").send(again).provider_id == accepted.provider_id, "whoever got both could tell"
    assert channel_of("staff").send(replace(OUT, key="9:2:0")).provider_id != accepted.provider_id


def test_the_link_to_unsubscribe_is_found_by_mail_programs(server: Server) -> None:
    """However long it is: encoded words within it are none (RFC 2047, 5), and a folded one may be none either."""
    link = unsubscribe_url("a.rather.long.address.of.somebody@subdomain.example.com", "123456789:12345:1")
    Smtp().send(replace(OUT, unsubscribe_url=link))
    lines = server.letters[0].decode("ascii").split("\r\n")
    assert f"List-Unsubscribe: <{link}>" in lines and "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert all(len(line) <= 998 for line in lines)


def test_no_marketing_without_a_link_that_leads_somewhere(server: Server, settings: Settings) -> None:
    settings.HUB_PUBLIC_URL = ""
    with pytest.raises(NotNow, match="HUB_PUBLIC_URL"):
        Smtp().send(replace(OUT, unsubscribe_url=unsubscribe_url(OUT.address, OUT.key)))
    assert not server.heard


def test_every_server_can_take_it(server: Server, settings: Settings) -> None:
    """ASCII alone, no line too long, dots and all."""
    settings.SMTP_FROM = "Grüne Lüfte <office@desert.example>"
    text = f"Grüße 🎉\n.\n..two\nFrom here\n{'lang ' * 500}\n"
    Smtp().send(replace(OUT, subject=f"Größe {'x ' * 80}", body=text))
    assert server.letters[0].isascii() and all(len(line) <= 998 for line in server.letters[0].split(b"\r\n"))
    assert b"\n" not in server.letters[0].replace(b"\r\n", b"")
    server.letters[0] = server.letters[0].replace(b"\r\n..", b"\r\n.")  # as servers do (RFC 5321, 4.5.2)
    letter = server.read()
    assert letter["Subject"].split() == ["Größe", *["x"] * 80]
    assert letter["From"] == "Grüne Lüfte <office@desert.example>"
    assert letter.get_content().replace("\r\n", "\n") == f"{text}\n"


def test_a_domain_in_another_script(server: Server) -> None:
    Smtp().send(replace(OUT, address="ann@münchen.example"))
    assert server.read()["To"] == "ann@xn--mnchen-3ya.example"
    assert any("xn--mnchen-3ya.example" in line for line in server.heard)


@pytest.mark.parametrize(
    ("command", "answer", "expected"),
    [
        ("MAIL", "451 later", NotNow), ("MAIL", "550 not you", NotNow), ("RCPT", "450 busy", NotNow),
        ("RCPT", "550 nobody", Refused), ("RCPT", "530 log in", NotNow), ("RCPT", "", NotNow), ("DATA", "451 later", NotNow),
        ("DATA", "554 no", Refused), ("DATA", "", Unclear), ("DATA", "250 what", Unclear), ("END", "452 full", NotNow),
        ("END", "554 no", Refused), ("END", "999 what", Unclear), ("END", "nonsense", Unclear), ("END", "", Unclear),
        ("EHLO", "", NotNow), ("EHLO", "nonsense", NotNow), ("QUIT", "", Accepted), ("QUIT", "500 no", Accepted),
    ],
)  # fmt: skip
def test_what_the_server_says(server: Server, command: str, answer: str, expected: type) -> None:
    server.says[command] = answer
    if command == "EHLO":
        server.says["HELO"] = answer
    if expected is Accepted:
        assert isinstance(Smtp().send(OUT), Accepted)
        return
    with pytest.raises(expected) as told:
        Smtp().send(OUT)
    assert type(told.value) is expected and OUT.address not in str(told.value)


@pytest.mark.parametrize(("command", "expected"), [("RCPT", NotNow), ("END", Unclear)])
def test_a_server_that_never_ends_its_answer(
    server: Server, monkeypatch: pytest.MonkeyPatch, command: str, expected: type[Exception]
) -> None:
    monkeypatch.setattr(mail, "LIMIT_S", 0.3)
    server.drips = command
    with pytest.raises(expected):
        Smtp().send(OUT)


def test_a_server_that_is_not_there(settings: Settings) -> None:
    settings.SMTP_URL = "smtp://127.0.0.1:9"
    with acting_as("automation"), pytest.raises(NotNow, match="SMTP_URL"):
        Smtp().send(OUT)


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_tls_and_whose_certificate_it_is(
    server: Server, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    file = certificate(tmp_path)
    with serving(Server(file, at_once=scheme == "smtps")) as safe:
        settings.SMTP_URL = f"{scheme}://office%40desert:pass%2Fword@127.0.0.1:{safe.server_address[1]}"
        with pytest.raises(NotNow, match="SSLCertVerificationError"):
            Smtp().send(OUT)
        assert not safe.letters and not any("AUTH" in line for line in safe.heard), "nobody unknown gets the password"
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        Smtp().send(OUT)
        assert len(safe.letters) == 1 and any(line.startswith("AUTH") for line in safe.heard)
        safe.says["AUTH"] = "535 wrong"
        with pytest.raises(NotNow, match="SMTPAuthenticationError"):
            Smtp().send(OUT)


def test_a_server_without_starttls_gets_nothing(server: Server, settings: Settings) -> None:
    settings.SMTP_URL = settings.SMTP_URL.replace("smtp:", "smtp+starttls:")
    with pytest.raises(NotNow, match="SMTPNotSupportedError"):
        Smtp().send(OUT)
    assert not server.letters


BAD = (
    "a@example.com\nX: y", "a@example.com\r\nRCPT TO:<eve@example.com>", "a@example.com, eve@example.com", "Ann <a@example.com>",
    "<a@example.com>", "a b@example.com", "mü@example.com", "a@example.com>", "a@", "@example.com", "a", "", "a@exa mple.com",
    "a@" + "ü" * 80 + ".example", "a@example..com\x00",
)  # fmt: skip


@pytest.mark.parametrize("address", BAD)
def test_one_address_and_nothing_else(server: Server, address: str) -> None:
    with pytest.raises(Refused):
        Smtp().send(replace(OUT, address=address))
    assert not server.heard


@pytest.mark.parametrize("subject", ["a\r\nBcc: eve@example.com", "a\nb", "a\0b"])
def test_nobody_writes_a_header_of_his_own(server: Server, subject: str) -> None:
    with pytest.raises(Refused):
        Smtp().send(replace(OUT, subject=subject))
    assert not server.heard


def test_into_a_folder_and_found_there(settings: Settings, tmp_path: Path) -> None:
    settings.HUB_DATA_DIR = tmp_path
    assert Folder().find(OUT, NOW) is None
    accepted = Folder().send(OUT)
    assert Folder().find(OUT, NOW) == Accepted(accepted.provider_id) == Folder().send(OUT)
    (file,) = (tmp_path / "mail").iterdir()
    assert file.suffix == ".eml" and "Hi Ann," in file.read_text()
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0, "other people's letters"


def test_who_cannot_be_asked() -> None:
    assert not Smtp().can_find and not Console().can_find
    for channel in (Smtp(), Console()):
        with pytest.raises(NotNow, match="cannot be asked"):
            channel.find(OUT, NOW)


def test_on_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    assert Console().send(replace(OUT, address="+16025550123", subject="")).provider_id == "console-5"
    assert Console().send(OUT)
    shown = capsys.readouterr().err
    assert "--- to +1602***0123\nHi Ann," in shown and "a***@example.com\nYour estimate\n" in shown
    assert (masked("+1602"), masked("")) == ("***", "***")
