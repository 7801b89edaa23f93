"""Messages as lines, for development: nobody gets them."""

import sys
from datetime import datetime
from typing import NoReturn

from automation.messaging.channels.base import Accepted, IsAnothers, NotNow, Outgoing, nobodys

SHORTEST = 12  # a number of which enough is left to hide


class Console:
    name, can_find, budget_s = "console", False, 5.0

    def send(self, out: Outgoing) -> Accepted:
        subject = f"{out.subject}\n" if out.subject else ""
        sys.stderr.write(f"--- to {masked(out.address)}\n{subject}{out.body}\n---\n")
        return Accepted(f"console-{out.claim}")

    def find(self, out: Outgoing, since: datetime, is_anothers: IsAnothers = nobodys) -> NoReturn:
        raise NotNow("A console cannot be asked what it has shown.")


def masked(address: str) -> str:
    """+1602***0123, a***@example.com"""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{address[:5]}***{address[-4:]}" if len(address) >= SHORTEST else "***"
