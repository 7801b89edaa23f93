"""Builds the sandbox for the command that serves it."""

from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

from automation.sandbox.app import Sandbox, create_app
from automation.sandbox.callbacks import HERE
from automation.sandbox.store import Sent, Store
from automation.sandbox.switches import Switches
from config.sandbox.faults import Rule, rules_from
from config.sandbox.vendors import Emulator, Start

ACCOUNT, SECRET = "AC5a4d0b0x00000000000000000000000", "sandbox-secret"
INBOUND = "/webhooks/twilio/inbound/"


class Kept(msgspec.Struct):
    sid: str
    to: str
    sender: str
    body: str
    made_at: datetime
    callback: str
    direction: str
    state: str
    error: int | None = None
    wanted: str = ""


class Snapshot(msgspec.Struct):
    messages: list[Kept]
    opted_out: list[str]
    made: int


class Snapshots:
    """What outlives a restart: else a message that was asked for twice would be made twice."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    @property
    def writes(self) -> int:
        return self._sandbox.store.changes

    def kept(self) -> bytes:
        store = self._sandbox.store
        with store.lock:
            rows = [Kept(**{name: getattr(sent, name) for name in Kept.__struct_fields__}) for sent in store.messages.values()]
            return msgspec.json.encode(Snapshot(rows, sorted(store.opted_out), store.made))

    def restore(self, kept: bytes) -> None:
        snapshot, store = msgspec.json.decode(kept, type=Snapshot), self._sandbox.store
        with store.lock:
            for row in snapshot.messages:
                store.messages[row.sid] = Sent(**msgspec.structs.asdict(row))
            store.opted_out, store.made = set(snapshot.opted_out), snapshot.made
        self._sandbox.callbacks.resume()


def emulator(start: Start) -> Emulator:
    given = start.credentials
    store = Store(given.get("TWILIO_ACCOUNT_SID") or ACCOUNT, given.get("TWILIO_API_SECRET") or SECRET, start.clock())
    store.inbound_url = _inbound()
    sandbox = create_app(store, Switches().changed(start.switches))
    sandbox.faults.set(rules_from((dict(rule) for rule in start.faults), Rule))
    sandbox.callbacks.opening = start.opening
    reached = {"TWILIO_API_URL": start.url, "TWILIO_ACCOUNT_SID": store.account, "TWILIO_API_SECRET": store.secret}
    return Emulator(sandbox, reached, Snapshots(sandbox))


def _inbound() -> str:
    """The number's webhook, as somebody would set it at the vendor's; nothing where the site is not on this machine."""
    site: str = settings.HUB_PUBLIC_URL
    return f"{site}{INBOUND}" if urlsplit(site).hostname in HERE else ""
