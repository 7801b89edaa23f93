"""The account's messages, and who has opted out. Thread-safe: calls and what happens later come from several threads."""

import threading
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from config.sandbox.chance import mix, salt
from config.sandbox.clock import Clock

SEED = 1
API, INBOUND = "outbound-api", "inbound"
ON_THE_WAY = ("queued", "sent")


@dataclass
class Sent:
    """`state` as the API writes it. `wanted`: the text as it was given, where the account's settings changed it."""

    sid: str
    to: str
    sender: str
    body: str
    made_at: datetime
    callback: str = ""
    direction: str = API
    state: str = "queued"
    error: int | None = None
    wanted: str = ""

    @property
    def sent_at(self) -> datetime | None:
        """None: not yet, and then no day finds it."""
        return None if self.state == "queued" else self.made_at

    def shown(self, account: str) -> dict[str, Any]:
        sent_at = self.sent_at
        return {
            "sid": self.sid, "account_sid": account, "to": self.to, "from": self.sender, "body": self.body,
            "status": self.state, "direction": self.direction, "date_created": format_datetime(self.made_at),
            "date_sent": None if sent_at is None else format_datetime(sent_at),
            "date_updated": format_datetime(self.made_at), "error_code": self.error, "error_message": None,
            "num_segments": "1", "num_media": "0", "price": None, "price_unit": "USD", "messaging_service_sid": None,
            "api_version": "2010-04-01", "uri": f"/2010-04-01/Accounts/{account}/Messages/{self.sid}.json",
        }  # fmt: skip


@dataclass
class Store:
    """`account` and `secret` are the login. `changes` grows with whatever changes."""

    account: str
    secret: str
    clock: Clock
    messages: dict[str, Sent] = field(default_factory=dict)
    opted_out: set[str] = field(default_factory=set)
    inbound_url: str = ""
    made: int = 0
    changes: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def add(self, to: str, sender: str, body: str, callback: str = "", direction: str = API, wanted: str = "") -> Sent:
        with self.lock:
            sid = self._sid()
            sent = Sent(sid, to, sender, body, self.clock.now(), callback, direction, wanted=wanted or body)
            sent.state = "queued" if direction == API else "received"
            self.messages[sid] = sent
            self.changes += 1
            return sent

    def becomes(self, sent: Sent, state: str, error: int | None = None) -> None:
        with self.lock:
            sent.state, sent.error = state, error
            self.changes += 1

    def opts(self, person: str, *, out: bool) -> None:
        with self.lock:
            (self.opted_out.add if out else self.opted_out.discard)(person)
            self.changes += 1

    def newest(self, to: str = "", sender: str = "") -> list[Sent]:
        """Those to or from somebody, or all, the newest first."""
        with self.lock:
            rows = list(reversed(self.messages.values()))
        return [row for row in rows if to in ("", row.to) and sender in ("", row.sender)]

    def repeats(self) -> dict[str, int]:
        """Texts that one recipient got more than once."""
        counts = Counter(f"{sent.to} {sent.wanted}" for sent in self.newest() if sent.direction == API)
        return {what: count for what, count in counts.items() if count > 1}

    def clear(self) -> None:
        with self.lock:
            self.messages.clear()
            self.opted_out.clear()
            self.changes += 1

    def _sid(self) -> str:
        self.made += 1
        number = salt(SEED, "SM")
        return f"SM{mix(number ^ self.made):016x}{mix(number + self.made):016x}"


def plain(text: str) -> str:
    """As Smart Encoding writes it."""
    return unicodedata.normalize("NFKC", text.translate(_PLAIN))


_PLAIN = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"})
