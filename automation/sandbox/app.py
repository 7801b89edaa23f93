"""The emulator as a WSGI application, and its controls:

GET  /sandbox/state                        clock, counts, texts that somebody got twice, calls, switches, faults, callbacks
GET  /sandbox/records/messages             every message, the newest first
GET  /sandbox/records/messages/{address}   those to a recipient
PUT  /sandbox/inbound    {"url": u}        where messages from people are delivered
POST /sandbox/write      {"from": a, "text": t}   somebody writes to the account's number
and those that every sandbox has (config/sandbox/controls.py)
"""

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from automation.sandbox.api import Api, error
from automation.sandbox.callbacks import Callbacks
from automation.sandbox.store import Store
from automation.sandbox.switches import Switches
from config.sandbox.controls import Usual
from config.sandbox.emulator import Emulator
from config.sandbox.faults import Rule, rules_from
from config.sandbox.http import Answer, Request
from config.sandbox.traffic import Traffic

_IDS = r"(?<=/)(SM|AC)[0-9a-zA-Z]{32}"
HERE = {"127.0.0.1", "localhost", "::1"}


def _throttle(rule: Rule) -> Answer:
    answer = error(429, 20429, "Too Many Requests")
    if rule.retry_after == "seconds":
        answer.headers["Retry-After"] = str(max(1, round(rule.seconds)))
    return answer


class Sandbox(Emulator):
    """One account. Thread-safe; everything it remembers lives in this object."""

    switches: Switches

    def __init__(self, store: Store, switches: Switches | None = None) -> None:
        super().__init__({"unauthorized": lambda rule: error(401, 20003, "Authenticate"), "throttle": _throttle})
        self.store, self.switches = store, switches or Switches()
        self.traffic = Traffic(_IDS)
        self.callbacks = Callbacks(store, lambda: self.switches, self.closing)
        self.api = Api(store, lambda: self.switches, self.callbacks.heard)
        self.writes = 0
        self.lock = threading.RLock()
        self.controls = Control(self)

    def carried_out(self, request: Request) -> Answer:
        with self.lock:
            self.writes += request.method != "GET"
            return self.api.answer(request)


class Control(Usual):
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        commands: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("PUT", "inbound"): self._inbound,
            ("POST", "write"): self._write,
        }
        looks: dict[str, Callable[..., Any]] = {"records": self._records}
        super().__init__(sandbox, sandbox.store.clock, lambda values: rules_from(values, Rule), commands, looks)

    def report(self) -> dict[str, Any]:
        store, callbacks = self._sandbox.store, self._sandbox.callbacks
        return {
            "now": store.clock.now().isoformat(), "account": store.account, "messages": len(store.messages),
            "opted_out": sorted(store.opted_out), "repeats": store.repeats(), "inbound": store.inbound_url,
            "callbacks": {"waiting": callbacks.waiting(), **callbacks.counts},
        }  # fmt: skip

    def clear(self) -> None:
        self._sandbox.store.clear()
        self._sandbox.callbacks.forget()

    def _records(self, kind: str, address: str = "") -> Any:
        if kind != "messages":
            raise LookupError(kind)
        with self._sandbox.lock:
            store = self._sandbox.store
            rows = store.to(address) if address else list(reversed(store.messages.values()))
            return [row.shown(store.account) for row in rows]

    def _inbound(self, values: Any) -> Any:
        url = str(values.get("url", ""))
        if url and urlsplit(url).hostname not in HERE:
            raise ValueError("The sandbox delivers to this machine only.")
        self._sandbox.store.inbound_url = url
        return {"url": url}

    def _write(self, values: Any) -> Any:
        return {"sid": self._sandbox.callbacks.write(values["from"], values.get("to", ""), values["text"])}


def create_app(store: Store, switches: Switches | None = None) -> Sandbox:
    return Sandbox(store, switches)
