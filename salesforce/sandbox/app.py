"""The emulator as a WSGI application."""

import re
import threading
from dataclasses import replace

import msgspec

from config.sandbox.emulator import Emulator
from config.sandbox.faults import Rule as AnyRule
from config.sandbox.http import Answer, Request, json_answer
from config.sandbox.traffic import Traffic
from salesforce.sandbox.api import resources
from salesforce.sandbox.api.call import ApiState, Call
from salesforce.sandbox.api.errors import Refusal, dead_session, limit_exceeded, not_found, rejection
from salesforce.sandbox.api.limits import Limits
from salesforce.sandbox.api.routes import find
from salesforce.sandbox.bulk.jobs import Jobs
from salesforce.sandbox.control import Control
from salesforce.sandbox.faults import REFUSALS, Rule
from salesforce.sandbox.oauth.consent import authorize
from salesforce.sandbox.oauth.refusals import OAuthRefusal
from salesforce.sandbox.oauth.server import Asked, IdentityRefusal, Server, bearer
from salesforce.sandbox.org.org import Org
from salesforce.sandbox.soql.locators import Locators
from salesforce.sandbox.switches import Switches

_DATA = re.compile(r"/services/data/v(\d{1,3})\.0(/.*)?", re.DOTALL)
_IDENTITY = re.compile(r"/id/([A-Za-z0-9]{18})/([A-Za-z0-9]{18})")
_RECORD = r"/(?:[A-Za-z0-9]{18}|\d[^/]*)(?=/|$)"  # ids and values of keys: counted together
_BULK_REFUSAL = {"exceptionCode": "InvalidSessionId", "exceptionMessage": "Invalid session id"}
_JSON = ("application/json", "")


class Sandbox(Emulator):
    """One org of the emulated vendor. Thread-safe; everything it remembers lives in this object."""

    switches: Switches
    max_body = 160_000_000  # a job's data and what is around it

    def __init__(self, org: Org, switches: Switches | None = None) -> None:
        super().__init__(REFUSALS)
        self.org = org
        self.switches = switches or Switches()
        self.lock = threading.RLock()  # a call is carried out whole, as in a database transaction
        self.oauth = Server(org)
        self.api = ApiState(Limits(), Jobs(org.seed), Locators(org.seed))
        self.traffic = Traffic(_RECORD)
        self.calls = 0
        self.controls = Control(self)

    # Faults of rows and sessions

    def spoilt(self, rule: AnyRule, request: Request) -> Answer:
        assert isinstance(rule, Rule)  # rules_from makes no other
        if rule.action in {"row_error", "job_fails"}:
            return self.carried_out(request, rule)
        if rule.action in {"half", "fewer"}:
            return self._partial(rule, request)
        if rule.action == "session_ends":
            done = self.carried_out(request) if rule.commit else None
            with self.lock:
                self.oauth.grants.end(bearer(request))
            return dead_session().answer() if done is None else done
        if rule.action == "twice":
            self.carried_out(request)
            return self.carried_out(request)
        if rule.action == "repeat":
            return self.repeated(rule, request)
        return super().spoilt(rule, request)

    def _partial(self, rule: Rule, request: Request) -> Answer:
        if rule.action == "half":
            self.carried_out(replace(request, body=_half(request.body)))
            return json_answer([{"message": "An unexpected error occurred", "errorCode": "UNKNOWN_EXCEPTION"}], rule.status)
        answer = self.carried_out(request)
        results = msgspec.json.decode(answer.body)
        return json_answer(results[:-1], answer.status) if isinstance(results, list) else answer

    # What a call does

    def carried_out(self, request: Request, fault: Rule | None = None) -> Answer:
        with self.lock:
            self.org.journal.clear()
            self.calls += 1
            try:
                answer = self._route(request, fault)
            except (OAuthRefusal, IdentityRefusal) as refused:
                answer = refused.answer()
            except Refusal as refused:
                answer = refused.answer(self.switches.error_shape)
            if self.faults.may("repeat"):
                self.memory.keep(request.path, answer)
            if request.method == "HEAD":
                answer.body = b""
            return answer

    def _base(self, request: Request) -> str:
        scheme = request.headers.get("x-forwarded-proto", "http")
        return f"{scheme}://{request.headers.get('host', 'localhost')}"

    def _route(self, request: Request, fault: Rule | None) -> Answer:
        data = _DATA.fullmatch(request.path)
        if data is not None:
            return self._data(request, int(data[1]), data[2] or "", fault)
        if request.path.rstrip("/") == "/services/data" and request.method == "GET":
            if self.switches.versions_need_token:
                self._admit(request)
            return resources.versions(self.switches)
        return self._oauth(request)

    def _oauth(self, request: Request) -> Answer:
        named = {name: values[-1] for name, values in request.query.items()}
        form = request.form() if request.method == "POST" else named
        asked = Asked(request, form, self._base(request), self.switches, self.org.clock.ticks())
        identity = _IDENTITY.fullmatch(request.path)
        if identity is not None and request.method == "GET":
            return self.oauth.identity(asked, identity[1], identity[2])
        endpoints = {
            ("GET", "authorize"): lambda: authorize(self.oauth, asked),
            ("POST", "authorize"): lambda: authorize(self.oauth, asked),
            ("POST", "token"): lambda: self.oauth.token(asked),
            ("POST", "revoke"): lambda: self.oauth.revoke(asked),
            ("POST", "introspect"): lambda: self.oauth.introspect(asked),
            ("GET", "userinfo"): lambda: self.oauth.userinfo(asked),
        }
        name = request.path.removeprefix("/services/oauth2/")
        endpoint = endpoints.get((request.method, name)) if name != request.path else None
        if endpoint is None:
            raise not_found()
        return endpoint()

    def _admit(self, request: Request) -> None:
        """Whose session may use the API at all."""
        try:
            session = self.oauth.admitted(request, self.org.clock.ticks(), self.switches)
        except OAuthRefusal:
            raise dead_session() from None
        if "api" not in session.scopes and "full" not in session.scopes:
            raise rejection("INVALID_SESSION_ID", "This session is not valid for use with the REST API")
        if not self.switches.api_enabled:
            raise rejection("API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner")

    def _data(self, request: Request, version: int, path: str, fault: Rule | None) -> Answer:
        self._check_version(version)
        self._check_size(request)
        try:
            self._admit(request)
        except Refusal as refused:
            if path.startswith("/jobs/") and self.switches.bulk_session_error == "bulk":
                return json_answer(_BULK_REFUSAL, refused.status)
            raise
        now = self.org.clock.ticks()
        if self.api.limits.admit(now, self.switches):
            answer = self._answered(self._call(request, version, fault), path)
        else:
            answer = limit_exceeded().answer(self.switches.error_shape)
        answer.headers["Sforce-Limit-Info"] = self.api.limits.header(now, self.switches)
        return answer

    def _check_version(self, version: int) -> None:
        if version < resources.OLDEST:
            raise rejection(self.switches.retired_code, f"API version {version}.0 is retired", 410)
        if version > self.switches.newest_version:
            raise rejection("NOT_FOUND", "The requested resource does not exist", self.switches.unknown_version_status)

    def _check_size(self, request: Request) -> None:
        uri = len(request.path) + sum(len(name) + len(value) + 2 for name, values in request.query.items() for value in values)
        headers = sum(len(name) + len(value) + 4 for name, value in request.headers.items())
        if uri > self.switches.most_header_bytes:
            raise rejection("URI_TOO_LONG", "The URI is too long", 414)
        if uri + headers > self.switches.most_header_bytes:
            raise rejection("REQUEST_HEADER_FIELDS_TOO_LARGE", "URI and headers together are too large", 431)

    def _call(self, request: Request, version: int, fault: Rule | None) -> Call:
        return Call(request, version, self.switches, self.org, self.api, self._base(request), self._inner, fault, self.calls)

    def _inner(self, request: Request) -> Answer:
        """A part of a composite call: admitted and counted already."""
        data = _DATA.fullmatch(request.path)
        if data is None:
            return not_found().answer()
        return self._answered(self._call(request, int(data[1]), None), data[2] or "")

    def _answered(self, call: Call, path: str) -> Answer:
        try:
            return self._handled(call, path)
        except Refusal as refused:
            return refused.answer(self.switches.error_shape)

    def _handled(self, call: Call, path: str) -> Answer:
        request = call.request
        found = find(request.method, path)
        if found is None:
            raise not_found()
        if found.handler is None:
            allowed = ",".join(found.methods)
            raise rejection("METHOD_NOT_ALLOWED", f"HTTP Method '{request.method}' not allowed. Allowed are {allowed}")
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if request.method in {"POST", "PATCH"} and kind not in _JSON and not kind.startswith("multipart/"):
            raise rejection("UNSUPPORTED_MEDIA_TYPE", f"Content-Type {kind} is not supported")
        return found.handler(replace(call, names=found.names))


def create_app(org: Org | None = None, switches: Switches | None = None) -> Sandbox:
    return Sandbox(org or Org(), switches)


def _half(body: bytes) -> bytes:
    """A collection's body with the first half of its rows."""
    values = msgspec.json.decode(body)
    rows = values["records"]
    return msgspec.json.encode({**values, "records": rows[: len(rows) // 2]})
