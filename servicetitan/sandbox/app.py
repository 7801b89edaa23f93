"""The emulator as a WSGI application."""

import gzip
import re
import threading
import time
from dataclasses import replace

from config.sandbox.faults import Rule
from config.sandbox.http import Answer, Request
from config.sandbox.spoil import Memory, Spoiler
from config.sandbox.wsgi import Face
from servicetitan.sandbox.api import errors
from servicetitan.sandbox.api.auth import Authority, Credentials
from servicetitan.sandbox.api.errors import ApiError, GatewayError
from servicetitan.sandbox.api.exports import Export
from servicetitan.sandbox.api.routes import Found, Router, routes
from servicetitan.sandbox.api.traffic import Traffic
from servicetitan.sandbox.company.company import Company
from servicetitan.sandbox.control import Control
from servicetitan.sandbox.faults import REFUSALS, Faults
from servicetitan.sandbox.switches import Switches

_API = re.compile(r"/(crm|jpm|sales|accounting|settings)/v2/tenant/(\d{1,18})/(.+)")
TOKEN_PATH = "/connect/token"  # noqa: S105 - a path


class Sandbox(Face):
    """One tenant of the emulated vendor. Thread-safe; everything it remembers lives in this object."""

    def __init__(
        self, company: Company, switches: Switches | None = None, credentials: Credentials | None = None
    ) -> None:
        self.company = company
        self.switches = switches or Switches()
        self.credentials = credentials or Credentials()
        self.authority = Authority(self.credentials)
        self.traffic = Traffic()
        self.faults = Faults()
        self.closing = threading.Event()  # set when the server stops: ends every hang
        self._spoil = Spoiler(self.closing, REFUSALS)
        self._memory = Memory()
        self.controls = Control(self)
        self._router = Router(routes(company))

    def finish(self, request: Request, answer: Answer) -> None:
        if self.switches.gzip and "gzip" in request.headers.get("accept-encoding", ""):
            _compress(answer)

    def answer(self, request: Request) -> Answer:
        self.traffic.count(request.path)
        if self.switches.latency:
            time.sleep(self.switches.latency)
        rule = self.faults.pick(request)
        answer = self._refused_or_done(request) if rule is None else self._spoilt(rule, request)
        self.traffic.answered(answer.status)
        return answer

    def _spoilt(self, rule: Rule, request: Request) -> Answer:
        again = self._memory.last(request.path) if rule.action == "repeat_page" else None
        if again is not None:
            return again
        produce = self._next_page if rule.action == "skip_page" else self._refused_or_done
        return self._spoil(rule, request, produce)

    def _next_page(self, request: Request) -> Answer:
        """The page after the one asked for, with a token that leads back to that one."""
        asked = self._refused_or_done(request)
        found = self._find(request)
        if found is None or not isinstance(found[1].route.handler, Export) or asked.status != 200:
            return asked
        export = found[1].route.handler
        following = replace(request, query={**request.query, "from": [export.token_of(asked)]})
        return export.redirected(self._refused_or_done(following), request.last("from"))

    def _refused_or_done(self, request: Request) -> Answer:
        try:
            answer = self._route(request)
            if self.faults.may("repeat_page"):
                self._memory.keep(request.path, answer)
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
