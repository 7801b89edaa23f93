"""A message as an e-mail: what the server and the recipient's mail program read."""

import hashlib
import re
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate, parseaddr
from typing import Any

from django.conf import settings

from automation.messaging.channels.base import NotNow, Outgoing, Refused

WHOLE = ("list-unsubscribe",)


class _Lines(EmailPolicy):
    """Of SMTP, and ASCII alone, which every server takes. A link stays whole: folded into encoded words nobody would find it."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        return f"{name}: {value}\r\n".encode("ascii") if name.lower() in WHOLE else super().fold_binary(name, value)


LINES = _Lines(linesep="\r\n", cte_type="7bit")


def written(out: Outgoing) -> EmailMessage:
    """Raises Refused for what no letter can be made of, and NotNow where the settings lack something."""
    if re.search(r"[\r\n\0]", out.address + out.subject):
        raise Refused("The address or the subject has a line break in it.", "header")
    message = EmailMessage(policy=LINES)
    message["Subject"], message["From"], message["To"] = out.subject, settings.SMTP_FROM, _address(out.address)
    message["Date"], message["Message-ID"] = formatdate(), id_of(out)
    message["Auto-Submitted"] = "auto-generated"
    if out.unsubscribe_url:  # RFC 8058
        if not out.unsubscribe_url.startswith(("https://", "http://")):
            raise NotNow("The link to unsubscribe leads nowhere: set HUB_PUBLIC_URL to this site's public address.")
        message["List-Unsubscribe"] = f"<{out.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(f"{out.body}\n")
    return message


def envelope(address: str) -> str:
    """As the server is told it: a domain in another script in its ASCII form (RFC 5890)."""
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain if domain.isascii() else domain.encode('idna').decode()}"


def _address(text: str) -> Address:
    """One address, and nothing that would be read as a second one."""
    try:
        return Address(addr_spec=envelope(text))
    except (ValueError, IndexError, MessageError) as error:
        raise Refused("The address is none that mail can be sent to.", "address") from error


def id_of(out: Outgoing) -> str:
    """The Message-ID: the message's for ever, however often it is sent."""
    return f"<{name_of(out)}@{parseaddr(settings.SMTP_FROM)[1].partition('@')[2] or 'hub.invalid'}>"


def name_of(out: Outgoing) -> str:
    return hashlib.sha256(out.key.encode()).hexdigest()[:32]
