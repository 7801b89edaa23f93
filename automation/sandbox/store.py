"""The account's messages, and who has opted out."""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from config.sandbox.chance import mix, salt
from config.sandbox.clock import Clock

SEED = 1


@dataclass
class Sent:
    """`state` as the API writes it."""

    sid: str
    to: str
    sender: str
    body: str
    made_at: datetime
    callback: str = ""
    direction: str = "outbound-api"
    state: str = "queued"
    error: int | None = None

    def shown(self, account: str) -> dict[str, Any]:
        return {
            "sid": self.sid, "account_sid": account, "to": self.to, "from": self.sender, "body": self.body,
            "status": self.state, "direction": self.direction, "date_created": format_datetime(self.made_at),
            "date_sent": None if self.state == "queued" else format_datetime(self.made_at),
            "date_updated": format_datetime(self.made_at), "error_code": self.error, "error_message": None,
            "num_segments": "1", "num_media": "0", "price": None, "price_unit": "USD", "messaging_service_sid": None,
            "api_version": "2010-04-01", "uri": f"/2010-04-01/Accounts/{account}/Messages/{self.sid}.json",
        }  # fmt: skip


@dataclass
class Store:
    """`account` and `secret` are the login."""

    account: str
    secret: str
    clock: Clock
    messages: dict[str, Sent] = field(default_factory=dict)
    opted_out: set[str] = field(default_factory=set)
    inbound_url: str = ""
    made: int = 0

    def sid(self, kind: str = "SM") -> str:
        self.made += 1
        number = salt(SEED, kind)
        return f"{kind}{mix(number ^ self.made):016x}{mix(number + self.made):016x}"

    def add(self, to: str, sender: str, body: str, callback: str = "", direction: str = "outbound-api") -> Sent:
        sent = Sent(self.sid(), to, sender, body, self.clock.now(), callback, direction)
        self.messages[sent.sid] = sent
        return sent

    def to(self, address: str) -> list[Sent]:
        """The newest first."""
        return [sent for sent in reversed(self.messages.values()) if sent.to == address]

    def repeats(self) -> dict[str, int]:
        """Texts that one recipient got more than once."""
        counts: dict[str, int] = {}
        for sent in self.messages.values():
            if sent.direction == "outbound-api":
                counts[f"{sent.to} {sent.body}"] = counts.get(f"{sent.to} {sent.body}", 0) + 1
        return {what: count for what, count in counts.items() if count > 1}

    def clear(self) -> None:
        self.messages.clear()
        self.opted_out.clear()
