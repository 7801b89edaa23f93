"""The emulator as a WSGI application, and its controls:

GET  /sandbox/messages                     what was sent and what came in, as a page for people
GET  /sandbox/state                        clock, counts, texts that somebody got twice, calls, switches, faults, callbacks
GET  /sandbox/records/messages             every message, the newest first
GET  /sandbox/records/messages/{address}   those to a recipient
PUT  /sandbox/inbound    {"url": u}        where messages from people are delivered
POST /sandbox/write      {"from": a, "text": t}   somebody writes to the account's number
and those that every sandbox has (config/sandbox/controls.py)
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from automation.sandbox.api import Api, error
from automation.sandbox.callbacks import HERE, Callbacks
from automation.sandbox.page import page
from automation.sandbox.store import Store
from automation.sandbox.switches import Switches
from config.sandbox.controls import PREFIX, Usual
from config.sandbox.emulator import Emulator
from config.sandbox.faults import Rule, rules_from
from config.sandbox.http import Answer, Request
from config.sandbox.traffic import Traffic

_IDS = r"(?<=/)(SM|AC)[0-9a-zA-Z]{32}"


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
        self.controls = Control(self)

    def carried_out(self, request: Request) -> Answer:
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

    def answer(self, request: Request) -> Answer:
        if (request.method, request.path) == ("GET", f"{PREFIX}messages"):
            return page(self._sandbox.store.newest(), len(self._sandbox.store.opted_out))
        return super().answer(request)

    def report(self) -> dict[str, Any]:
        store, callbacks = self._sandbox.store, self._sandbox.callbacks
        with store.lock:
            opted_out = sorted(store.opted_out)
        return {
            "now": store.clock.now().isoformat(), "account": store.account, "messages": len(store.messages),
            "opted_out": opted_out, "repeats": store.repeats(), "inbound": store.inbound_url,
            "callbacks": {"waiting": callbacks.waiting(), **callbacks.counts},
        }  # fmt: skip

    def clear(self) -> None:
        self._sandbox.callbacks.forget()
        self._sandbox.store.clear()

    def _records(self, kind: str, address: str = "") -> Any:
        if kind != "messages":
            raise LookupError(kind)
        store = self._sandbox.store
        return [row.shown(store.account) for row in store.newest(address)]

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
