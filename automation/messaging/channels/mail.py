"""E-mail: by SMTP, or into a folder where there is no server for it.

Nobody can be asked afterwards, so what was handed over and not answered is never handed over again: only what ended before the
text was complete is tried once more. The Message-ID is the message's for ever, so that a copy could at least be recognised.
"""

import hashlib
import re
import smtplib
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_LINES
from email.utils import formatdate, parseaddr
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from django.conf import settings

from automation.messaging.channels.base import Accepted, NotNow, Outgoing, Refused, Unclear
from config.isolation.egress import guard

TIMEOUT_S = 30.0
STEPS = 8  # answers that one message waits for


def written(out: Outgoing) -> EmailMessage:
    """Raises Refused for what would become another header."""
    if re.search(r"[\r\n\0]", out.address + out.subject):
        raise Refused("The address or the subject has a line break in it.", "header")
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = out.subject, settings.SMTP_FROM, out.address
    message["Date"], message["Message-ID"] = formatdate(), f"<{_id(out)}>"
    message["Auto-Submitted"] = "auto-generated"
    if out.unsubscribe_url:  # RFC 8058
        message["List-Unsubscribe"] = f"<{out.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(f"{out.body}\n")
    return message


def _id(out: Outgoing) -> str:
    domain = parseaddr(settings.SMTP_FROM)[1].partition("@")[2] or "hub.invalid"
    return f"{hashlib.sha256(out.key.encode()).hexdigest()[:32]}@{domain}"


class Smtp:
    """By SMTP_URL: smtp://, smtp+starttls:// or smtps://."""

    name, can_find = "smtp", False

    @property
    def budget_s(self) -> float:
        return STEPS * TIMEOUT_S

    def find(self, out: Outgoing, since: datetime) -> NoReturn:
        raise NotNow("A mail server cannot be asked what it has sent.")

    def send(self, out: Outgoing) -> Accepted:
        message, server = written(out), self._logged_in()
        try:
            self._envelope(server, message, out.address)
            self._data(server, message)
        finally:
            _hang_up(server)
        return Accepted(str(message["Message-ID"]))

    def _logged_in(self) -> smtplib.SMTP:
        parts = urlsplit(settings.SMTP_URL)
        kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
        port = parts.port or (465 if parts.scheme == "smtps" else 587)
        try:
            with guard.trusted("a message by e-mail"):
                server = kind(parts.hostname or "", port, timeout=TIMEOUT_S)
            if parts.scheme == "smtp+starttls":
                server.starttls()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.ehlo_or_helo_if_needed()
        except (smtplib.SMTPException, OSError) as error:
            raise NotNow(f"The mail server cannot be used: {type(error).__name__}.") from error
        return server

    def _envelope(self, server: smtplib.SMTP, message: EmailMessage, address: str) -> None:
        _said(lambda: server.mail(parseaddr(str(message["From"]))[1]), "the sender")
        _said(lambda: server.rcpt(address), "the recipient")

    def _data(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        """From the first line of the text on, silence says nothing."""
        try:
            code, _ = server.data(message.as_bytes(policy=SMTP_LINES))
        except smtplib.SMTPDataError as no:
            _judge(no.smtp_code, "the message")
        except (smtplib.SMTPException, OSError) as error:
            raise Unclear(f"the connection ended with {type(error).__name__}") from error
        else:
            _judge(code, "the message")


def _said(step: Callable[[], tuple[int, bytes]], what: str) -> None:
    try:
        code, _ = step()
    except (smtplib.SMTPException, OSError) as error:
        raise NotNow(f"The mail server went away: {type(error).__name__}.") from error
    _judge(code, what)


def _judge(code: int, what: str) -> None:
    """4xx: perhaps another time (RFC 5321, 4.2.1)."""
    if 400 <= code < 500:
        raise NotNow(f"The mail server does not take {what} just now ({code}).")
    if code >= 500:
        raise Refused(f"The mail server refuses {what} ({code}).", str(code))


def _hang_up(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()


class Folder:
    """Into files of HUB_DATA_DIR/mail, named by the message: what a mail program opens."""

    name, can_find, budget_s = "file", True, 5.0

    def send(self, out: Outgoing) -> Accepted:
        message, folder = written(out), settings.HUB_DATA_DIR / "mail"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{_id(out).partition('@')[0]}.eml").write_bytes(message.as_bytes())
        return Accepted(str(message["Message-ID"]))

    def find(self, out: Outgoing, since: datetime) -> Accepted | None:
        there = (settings.HUB_DATA_DIR / "mail" / f"{_id(out).partition('@')[0]}.eml").exists()
        return Accepted(f"<{_id(out)}>") if there else None
