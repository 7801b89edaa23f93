"""Fence 5: the one way out. Every HTTP call of a unit passes this session, and nothing else is built on `requests`.

Closed by default: only the addresses, methods and path prefixes that the manifest gives the unit, as configured in
the settings. Redirects are never followed, proxies and .netrc are ignored, TLS is always verified, no call goes out
without a timeout, and every call leaves a record (`calls.py`).
"""

import re
from fnmatch import fnmatchcase
from functools import cache
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import requests
from django.conf import settings

from config import telemetry
from config.isolation import switches
from config.isolation.actor import acting_unit
from config.isolation.egress import calls, deadline
from config.isolation.egress.addresses import CheckedAdapter
from config.isolation.egress.failures import kind_of
from config.isolation.errors import EgressRefused
from config.isolation.manifest import Api, Unit

__all__ = ["EgressRefused", "UnitSession"]

WHOLE = 5  # a call may take so many times the longest wait it allows, and then it is ended


class UnitSession(requests.Session):
    """A session of one unit. Not to be shared between threads, as `requests` itself is not."""

    def __init__(self, unit: Unit) -> None:
        super().__init__()
        self.unit = unit
        self.trust_env = False
        self.mount("http://", CheckedAdapter())
        self.mount("https://", CheckedAdapter())

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """All of `requests` comes through here. Raises EgressRefused before anything is sent."""
        call = calls.Call(self.unit.name, str(request.method).upper(), str(request.url))
        with telemetry.span(f"{call.method} {call.path}", telemetry.SpanKind.CLIENT, call.attributes()) as span:
            response = self._recorded(call, request, options)
            span.set_attribute("http.response.status_code", response.status_code)
        return response

    def _recorded(self, call: calls.Call, request: requests.PreparedRequest, options: dict[str, Any]) -> requests.Response:
        try:
            api = self._check(call.method, call.url, options)
            call.api = api.setting
            switches.gate(self.unit, api, call.method)
            response = self._send(request, options)
        except Exception as error:
            call.end(error=kind_of(error))
            raise
        call.end(response)
        return response

    def _send(self, request: requests.PreparedRequest, options: dict[str, Any]) -> requests.Response:
        seconds = WHOLE * _longest(options["timeout"])
        with deadline.limited(seconds) as limit:
            try:
                response = super().send(request, **{**options, "allow_redirects": False})
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                if not limit.expired:
                    raise
            if limit.expired:  # headers that were cut off would pass for an answer
                raise requests.ReadTimeout(f"no whole answer within {seconds:.0f} s", request=request)
            return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None is followed: a redirect would lead out of what was checked."""
        return None

    def _check(self, method: str, url: str, options: dict[str, Any]) -> Api:
        """The manifest's entry that allows the call."""
        if acting_unit() != self.unit:
            raise EgressRefused(
                f"'{acting_unit().name}' tried to use the session of '{self.unit.name}' for {_place(url)}. "
                f"Only code that acts as '{self.unit.name}' calls its API."
            )
        api = next((api for api in self.unit.apis if _allows(api, method, url)), None)
        if api is None:
            known = [(api.methods, place) for api in self.unit.apis for place in _places(api)]
            allowed = "; ".join(f"{'/'.join(methods)} below {place}" for methods, place in known)
            raise EgressRefused(
                f"'{self.unit.name}' tried {method} {_place(url)}. It may call: {allowed or 'nothing'}. "
                "What a unit may call stands in config/isolation/manifest.py, with which path prefixes."
            )
        if not _longest(options.get("timeout")):
            raise EgressRefused(f"'{self.unit.name}' called {_place(url)} without a timeout: pass timeout=(10, 60).")
        if not options.get("verify", True):
            raise EgressRefused(f"'{self.unit.name}' called {_place(url)} with verify=False: TLS is always verified.")
        return api


def _places(api: Api) -> list[str]:
    """The addresses below which the entry allows calls."""
    base: str = getattr(settings, api.setting)
    return [base] if base else [f"https://{host}" for host in api.hosts]


def _allows(api: Api, method: str, url: str) -> bool:
    base: str = getattr(settings, api.setting)
    wanted, given = urlsplit(base), urlsplit(url)
    if method not in api.methods or given.username or given.password or not _same_place(api, wanted, given):
        return False
    path = unquote(given.path)
    if not path.startswith(wanted.path) or _climbs(path):
        return False
    if api.exact:
        return path.rstrip("/") == wanted.path.rstrip("/")
    return any(_prefix(pattern).match(path.removeprefix(wanted.path)) for pattern in api.paths)


def _same_place(api: Api, wanted: SplitResult, given: SplitResult) -> bool:
    if wanted.netloc:
        return (wanted.scheme, wanted.hostname, wanted.port) == (given.scheme, given.hostname, given.port)
    host = given.hostname or ""
    return given.scheme == "https" and given.port in (None, 443) and any(fnmatchcase(host, name) for name in api.hosts)


@cache
def _prefix(pattern: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, pattern.split("*"))))


def _climbs(path: str) -> bool:
    """Whether the path has a part that a server could read as 'one level up'."""
    return bool(re.search(r"(^|[/\\])\.\.?([/\\]|$)", path)) or "\\" in path or "%" in path


def _longest(timeout: Any) -> float:
    """Seconds of both waits, for the connection and for the answer; 0 where one of them has no end."""
    waits = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    return float(sum(waits)) if len(waits) == 2 and all(isinstance(wait, int | float) and wait > 0 for wait in waits) else 0.0


def _place(url: str) -> str:
    """Scheme, host and path: what may stand in a log. Queries and logins may be secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
