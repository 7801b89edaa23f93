"""A connection to a mail server, by its address: smtp+starttls://user:password@host:587, smtps://... or smtp://...

Python's library would take any certificate for TLS: here it has to be the server's own, as for every other call of the hub.
"""

import smtplib
import ssl
from urllib.parse import SplitResult, unquote, urlsplit

from config.isolation.egress import deadline, guard

PORTS = {"smtps": 465}
USUAL_PORT = 587


def logged_in(url: str, timeout: float) -> smtplib.SMTP:
    """Ready for a letter; the caller ends it. `timeout`: of each answer; a deadline of the caller's ends all of it together.

    Raises OSError and smtplib.SMTPException.
    """
    parts = urlsplit(url)
    server = _connected(parts, timeout)
    deadline.watch(server.sock)
    try:
        if parts.scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
            deadline.watch(server.sock)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _connected(parts: SplitResult, timeout: float) -> smtplib.SMTP:
    host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, USUAL_PORT)
    with guard.trusted("an e-mail"):
        if parts.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port, timeout=timeout, context=ssl.create_default_context())
        return smtplib.SMTP(host, port, timeout=timeout)
