"""E-mail: by SMTP, or into a folder where there is no server for it.

Nobody can be asked afterwards, so what was handed over and not answered is never handed over again: only what ended before the
text was complete is tried once more. The Message-ID is the message's for ever, so that a copy could at least be recognised.
"""

import smtplib
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import NoReturn

from django.conf import settings

from automation.messaging.channels.base import Accepted, IsAnothers, NotNow, Outgoing, Refused, Unclear, nobodys
from automation.messaging.channels.letters import LINES, envelope, id_of, name_of, written
from config import mail
from config.isolation.egress import deadline

TIMEOUT_S = 30.0  # of each answer
LIMIT_S = 120.0  # of the whole conversation, however slowly the server speaks
NO_LOGIN = 530
SENDER, RECIPIENT, TEXT = "the sender", "the recipient", "the message"
FAILURES = (smtplib.SMTPException, OSError, ValueError)  # the last one: what cannot be written as a command


class Smtp:
    """By SMTP_URL: smtp://, smtp+starttls:// or smtps://."""

    name, can_find = "smtp", False

    @property
    def budget_s(self) -> float:
        return LIMIT_S + 4 * TIMEOUT_S  # finding the server, and leaving it

    def find(self, out: Outgoing, since: datetime, is_anothers: IsAnothers = nobodys) -> NoReturn:
        raise NotNow("A mail server cannot be asked what it has sent.")

    def send(self, out: Outgoing) -> Accepted:
        message = written(out)
        with deadline.limited(LIMIT_S):
            server = _logged_in()
            try:
                _said(lambda: server.mail(parseaddr(settings.SMTP_FROM)[1]), SENDER)
                _said(lambda: server.rcpt(envelope(out.address)), RECIPIENT)
                _data(server, message)
            finally:
                _hang_up(server)
        return Accepted(id_of(out))


def _logged_in() -> smtplib.SMTP:
    try:
        return mail.logged_in(settings.SMTP_URL, TIMEOUT_S)
    except FAILURES as error:
        raise NotNow(f"The mail server of SMTP_URL cannot be used: {type(error).__name__}.") from error


def _said(step: Callable[[], tuple[int, bytes]], what: str) -> None:
    try:
        code, _ = step()
    except FAILURES as error:
        raise NotNow(f"The mail server went away: {type(error).__name__}.") from error
    _judge(code, what)


def _data(server: smtplib.SMTP, message: EmailMessage) -> None:
    """From the first line of the text on, silence says nothing."""
    text = message.as_bytes(policy=LINES)
    try:
        code, _ = server.data(text)
    except smtplib.SMTPDataError as no:
        _judge(no.smtp_code, TEXT)
        raise Unclear(f"the server answered with {no.smtp_code}") from no
    except FAILURES as error:
        raise Unclear(f"the connection ended with {type(error).__name__}") from error
    _judge(code, TEXT)


def _judge(code: int, what: str) -> None:
    """4xx: perhaps another time (RFC 5321, 4.2.1). Another answer to the text than a yes or no says nothing."""
    if 200 <= code < 300:
        return
    if code == NO_LOGIN or (what == SENDER and code >= 500):
        raise NotNow(f"The mail server refuses {what} ({code}): check SMTP_URL and SMTP_FROM.", 300)
    if 500 <= code < 600:
        raise Refused(f"The mail server refuses {what} ({code}).", str(code))
    if 400 <= code < 500 or what != TEXT:
        raise NotNow(f"The mail server does not take {what} just now ({code}).")
    raise Unclear(f"the server answered with {code}")


def _hang_up(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except FAILURES:
        server.close()


class Folder:
    """Into files of HUB_DATA_DIR/mail, named by the message: what a mail program opens."""

    name, can_find, budget_s = "file", True, 5.0

    def send(self, out: Outgoing) -> Accepted:
        text, path = written(out).as_bytes(policy=LINES), _path(out)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        begun = path.with_suffix(f".{out.claim}")  # found only when it is whole
        begun.write_bytes(text)
        begun.replace(path)
        return Accepted(id_of(out))

    def find(self, out: Outgoing, since: datetime, is_anothers: IsAnothers = nobodys) -> Accepted | None:
        return Accepted(id_of(out)) if _path(out).exists() else None


def _path(out: Outgoing) -> Path:
    folder: Path = settings.HUB_DATA_DIR / "mail"
    return folder / f"{name_of(out)}.eml"
