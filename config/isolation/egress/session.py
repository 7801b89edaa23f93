"""Fence 5: the one way out. Every HTTP call of a unit passes this session, and nothing else is built on `requests`.

Closed by default: only the addresses, methods and path prefixes that the manifest gives the unit, as configured in
the settings. Redirects are never followed, proxies and .netrc are ignored, and no call goes out without a timeout.
"""

import re
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter

from config.isolation.actor import acting_unit
from config.isolation.errors import IsolationViolation
from config.isolation.manifest import Unit


class EgressRefused(IsolationViolation):
    """A call to an address, method or path that the manifest does not give the unit."""


class UnitSession(requests.Session):
    """A session of one unit. Not to be shared between threads, as `requests` itself is not."""

    def __init__(self, unit: Unit) -> None:
        super().__init__()
        self.unit = unit
        self.trust_env = False
        self.mount("http://", HTTPAdapter(max_retries=0, pool_connections=4))
        self.mount("https://", HTTPAdapter(max_retries=0, pool_connections=4))

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """As `requests.Session.request`, with `timeout` required. Raises EgressRefused before anything is sent."""
        self._check(_text(method).upper(), _text(url))
        if not kwargs.get("timeout"):
            raise EgressRefused(f"'{self.unit.name}' called {_place(_text(url))} without a timeout: pass timeout=(10, 60).")
        kwargs["allow_redirects"] = False
        return super().request(method, url, *args, **kwargs)

    def _check(self, method: str, url: str) -> None:
        if acting_unit() != self.unit:
            raise EgressRefused(
                f"'{acting_unit().name}' tried to use the session of '{self.unit.name}' for {_place(url)}. "
                f"Only code that acts as '{self.unit.name}' calls its API."
            )
        if not any(_allows(getattr(settings, api.setting), api.methods, api.paths, method, url) for api in self.unit.apis):
            allowed = "; ".join(f"{'/'.join(a.methods)} below {getattr(settings, a.setting)}" for a in self.unit.apis)
            raise EgressRefused(
                f"'{self.unit.name}' tried {method} {_place(url)}. It may call: {allowed or 'nothing'}. "
                "What a unit may call stands in config/isolation/manifest.py, with which path prefixes."
            )


def _allows(base: str, methods: tuple[str, ...], paths: tuple[str, ...], method: str, url: str) -> bool:
    wanted, given = urlsplit(base), urlsplit(url)
    same_place = (wanted.scheme, wanted.hostname, wanted.port) == (given.scheme, given.hostname, given.port)
    if not same_place or method not in methods or given.username or given.password:
        return False
    path = unquote(given.path)
    if not base or not path.startswith(wanted.path) or _climbs(path):
        return False
    return any(_prefix(pattern).match(path.removeprefix(wanted.path)) for pattern in paths)


@cache
def _prefix(pattern: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, pattern.split("*"))))


def _climbs(path: str) -> bool:
    """Whether the path has a part that a server could read as 'one level up'."""
    return bool(re.search(r"(^|[/\\])\.\.?([/\\]|$)", path)) or "\\" in path or "%" in path


def _place(url: str) -> str:
    """Scheme, host and path: what may stand in a log. Queries and logins may be secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
