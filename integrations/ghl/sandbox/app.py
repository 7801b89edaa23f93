"""The emulator as a WSGI application."""

import threading

from config.sandbox.emulator import Emulator
from config.sandbox.faults import Rule
from config.sandbox.http import Answer, Request
from config.sandbox.traffic import Traffic
from integrations.ghl.sandbox.api.auth import Authority
from integrations.ghl.sandbox.api.call import DATED, V3, Call, Handler
from integrations.ghl.sandbox.api.errors import Refusal
from integrations.ghl.sandbox.api.limits import Limits
from integrations.ghl.sandbox.api.routes import find
from integrations.ghl.sandbox.control import Control
from integrations.ghl.sandbox.faults import REFUSALS
from integrations.ghl.sandbox.store.account import Account
from integrations.ghl.sandbox.store.records import State
from integrations.ghl.sandbox.switches import Switches
from integrations.ghl.sandbox.webhooks.sender import Sender

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
_IDS = r"/[A-Za-z0-9]{20}(?=/|$)"


class Sandbox(Emulator):
    """One sub-account of the emulated vendor. Thread-safe; everything it remembers lives in this object."""

    switches: Switches

    def __init__(self, account: Account, switches: Switches | None = None) -> None:
        super().__init__(REFUSALS)
        self.account = account
        self.switches = switches or Switches()
        self.lock = threading.RLock()  # a call is carried out whole, as in a database transaction
        self.authority = Authority(account.seed, account.credentials)
        self.limits = Limits()
        self.traffic = Traffic(_IDS, window=10.0)
        self.by_api = False  # whether the change under way comes from a call
        self.writes = 0  # calls that may have changed something
        self.webhooks = Sender(account, lambda: self.switches, self.closing)
        account.listeners[:] = [self._heard]
        self.controls = Control(self)

    def spoilt(self, rule: Rule, request: Request) -> Answer:
        if rule.action == "twice":
            self.carried_out(request)
            return self.carried_out(request)
        if rule.action == "repeat":
            return self.repeated(rule, request)
        return super().spoilt(rule, request)

    def carried_out(self, request: Request) -> Answer:
        with self.lock:
            self.by_api = True
            self.writes += request.method != "GET"
            self.account.opportunities.twins = self.switches.webhook_twin_events
            try:
                answer = self._route(request)
            except Refusal as refusal:
                answer = refusal.answer()
            finally:
                self.by_api = False
            if self.faults.may("repeat"):
                self.memory.keep(request.path, answer)
            return answer

    def _route(self, request: Request) -> Answer:
        switches = self.switches
        version = request.headers.get("version", "")
        if request.path == TOKEN_PATH and request.method == "POST":  # the only path where the dated version may be left out
            return self.authority.token(Call(request, version or DATED, switches, self.account))
        found = find(request.method, request.path)
        if found is None:
            raise Refusal(404, f"Cannot {request.method} {request.path}")
        self.authority.admit(request, self.account.clock.ticks(), found.route.scope, switches)
        if version not in {DATED, V3}:
            wrong = "is invalid" if version else "was not found"
            raise Refusal(switches.missing_version_status, f"version header {wrong}.")
        if version not in found.route.versions:
            raise Refusal(400, f"Endpoint {request.method} {request.path} not available in API version {version}")
        return self._admitted(Call(request, version, switches, self.account, found.ids), found.route.handler)

    def _admitted(self, call: Call, handler: Handler) -> Answer:
        now = self.account.clock.ticks()
        self.limits.admit(now, call.switches)
        headers = self.limits.headers(now, call.switches)
        try:
            answer = handler(call)
        except Refusal as refusal:
            answer = refusal.answer()
        answer.headers |= headers
        return answer

    def _heard(self, event: str, state: State) -> None:
        if not self.by_api or self.switches.webhooks_for_api_writes:
            self.webhooks.tell(event, state)


def create_app(account: Account | None = None, switches: Switches | None = None) -> Sandbox:
    return Sandbox(account or Account(), switches)
