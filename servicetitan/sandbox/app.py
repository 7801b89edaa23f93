"""The emulator as a WSGI application."""

import gzip
import re
from dataclasses import replace

from config.sandbox.emulator import Emulator
from config.sandbox.faults import Rule
from config.sandbox.http import Answer, Request
from servicetitan.sandbox.api import errors
from servicetitan.sandbox.api.auth import Authority, Credentials
from servicetitan.sandbox.api.errors import ApiError, GatewayError
from servicetitan.sandbox.api.exports import Export
from servicetitan.sandbox.api.routes import Found, Router, routes
from servicetitan.sandbox.api.traffic import Traffic
from servicetitan.sandbox.company.company import Company
from servicetitan.sandbox.control import Control
from servicetitan.sandbox.faults import REFUSALS
from servicetitan.sandbox.switches import Switches

_API = re.compile(r"/(crm|jpm|sales|accounting|settings)/v2/tenant/(\d{1,18})/(.+)")
TOKEN_PATH = "/connect/token"  # noqa: S105 - a path


class Sandbox(Emulator):
    """One tenant of the emulated vendor. Thread-safe; everything it remembers lives in this object."""

    switches: Switches
    traffic: Traffic

    def __init__(
        self, company: Company, switches: Switches | None = None, credentials: Credentials | None = None
    ) -> None:
        super().__init__(REFUSALS)
        self.company = company
        self.switches = switches or Switches()
        self.credentials = credentials or Credentials()
        self.authority = Authority(self.credentials)
        self.traffic = Traffic()
        self.controls = Control(self)
        self._router = Router(routes(company))

    def finish(self, request: Request, answer: Answer) -> None:
        if self.switches.gzip and "gzip" in request.headers.get("accept-encoding", ""):
            _compress(answer)

    def spoilt(self, rule: Rule, request: Request) -> Answer:
        again = self.memory.last(request.path) if rule.action == "repeat_page" else None
        if again is not None:
            return again
        produce = self._next_page if rule.action == "skip_page" else self.carried_out
        return self._spoil(rule, request, produce)

    def _next_page(self, request: Request) -> Answer:
        """The page after the one asked for, with a token that leads back to that one."""
        asked = self.carried_out(request)
        found = self._find(request)
        if found is None or not isinstance(found[1].route.handler, Export) or asked.status != 200:
            return asked
        export = found[1].route.handler
        following = replace(request, query={**request.query, "from": [export.token_of(asked)]})
        return export.redirected(self.carried_out(following), request.last("from"))

    def carried_out(self, request: Request) -> Answer:
        try:
            answer = self._route(request)
            if self.faults.may("repeat_page"):
                self.memory.keep(request.path, answer)
            return answer
        except ApiError as refusal:
            return refusal.answer()
        except GatewayError as refusal:
            return refusal.answer(self.switches.gateway_body, self.switches.retry_after)

    def _route(self, request: Request) -> Answer:
        switches = self.switches
        if request.path == TOKEN_PATH and request.method == "POST":
            return self.authority.token(request, switches)
        place = self._find(request)
        if place is None or request.method != "GET":
            raise GatewayError(404, errors.NO_ROUTE)
        tenant, found = place
        self.authority.admit(request, tenant, found.route.scope, switches)
        self.traffic.admit(switches.calls_a_second)
        return found.route.handler(request, switches, *found.numbers)

    def _find(self, request: Request) -> tuple[int, Found] | None:
        """The tenant and the route of an API path."""
        address = _API.fullmatch(request.path)
        found = self._router.find(f"{address[1]}/{address[3]}", self.switches) if address else None
        return (int(address[2]), found) if address and found else None


def create_app(
    company: Company, switches: Switches | None = None, credentials: Credentials | None = None
) -> Sandbox:
    return Sandbox(company, switches, credentials)


def _compress(answer: Answer) -> None:
    if answer.chunks is None:
        answer.body = gzip.compress(answer.body, 1)
        answer.headers["Content-Encoding"] = "gzip"
