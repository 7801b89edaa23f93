"""Builds the sandbox for the command that serves it."""

from datetime import datetime

import msgspec

from automation.sandbox.app import Sandbox, create_app
from automation.sandbox.store import Sent, Store
from automation.sandbox.switches import Switches
from config.sandbox.faults import Rule, rules_from
from config.sandbox.vendors import Emulator, Start

ACCOUNT, SECRET, SENDER = "AC5a4d0b0x00000000000000000000000", "sandbox-secret", "+14805550100"


class Snapshot(msgspec.Struct):
    messages: list[dict[str, str]]
    opted_out: list[str]
    made: int
    inbound_url: str = ""


class Snapshots:
    """What outlives a restart: else a message that was asked for twice would be made twice."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    @property
    def writes(self) -> int:
        return self._sandbox.writes

    def kept(self) -> bytes:
        store = self._sandbox.store
        with self._sandbox.lock:
            rows = [
                {"sid": m.sid, "to": m.to, "sender": m.sender, "body": m.body, "made_at": m.made_at.isoformat(),
                 "callback": m.callback, "direction": m.direction, "state": m.state}
                for m in store.messages.values()
            ]  # fmt: skip
            return msgspec.json.encode(Snapshot(rows, sorted(store.opted_out), store.made, store.inbound_url))

    def restore(self, kept: bytes) -> None:
        snapshot, store = msgspec.json.decode(kept, type=Snapshot), self._sandbox.store
        for row in snapshot.messages:
            made = datetime.fromisoformat(row["made_at"])
            store.messages[row["sid"]] = Sent(
                row["sid"], row["to"], row["sender"], row["body"], made, row["callback"], row["direction"], row["state"]
            )
        store.opted_out, store.made, store.inbound_url = set(snapshot.opted_out), snapshot.made, snapshot.inbound_url


def emulator(start: Start) -> Emulator:
    given = start.credentials
    account = given.get("TWILIO_ACCOUNT_SID") or ACCOUNT
    store = Store(account, given.get("TWILIO_API_SECRET") or SECRET, start.clock())
    sandbox = create_app(store, Switches().changed(start.switches))
    sandbox.faults.set(rules_from((dict(rule) for rule in start.faults), Rule))
    sandbox.callbacks.opening = start.opening
    settings = {"TWILIO_API_URL": start.url, "TWILIO_ACCOUNT_SID": store.account, "TWILIO_API_SECRET": store.secret}
    return Emulator(sandbox, settings, Snapshots(sandbox))
