"""A process as a unit's worker is one, trying to get out: run by `processes.py`, one a unit, with only its credentials.

Reads one JSON object from standard input and writes one JSON list of results.
"""

import json
import os
import re
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import http.client  # noqa: E402 - tried out below: the guard must stop it
import socket  # noqa: E402 - likewise

import requests  # noqa: E402 - likewise
from django.conf import settings  # noqa: E402 - set up above
from django.db import connections  # noqa: E402

from config.isolation.actor import acting_as  # noqa: E402
from config.isolation.egress import calls  # noqa: E402
from config.isolation.egress.session import UnitSession  # noqa: E402
from config.isolation.manifest import BY_NAME, OWNER_ALIAS, UNITS, Api, Unit  # noqa: E402
from config.isolation.proof.acts import Act, Result  # noqa: E402
from config.isolation.proof.process.fingerprints import fingerprint  # noqa: E402
from config.isolation.proof.process.traps import REDIRECT  # noqa: E402
from config.isolation.switches import SwitchedOff  # noqa: E402

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
TIMEOUT_S = 5


@dataclass
class Prisoner:
    """`own` and `foreign`: addresses of the traps; `others`: unit name -> fingerprints of its passwords, to look for."""

    unit: Unit
    own: str
    foreign: str
    others: dict[str, list[str]]

    def results(self) -> Iterator[Result]:
        yield from self._permitted_calls()
        yield from self._forbidden_calls()
        yield from self._ways_round()
        yield from self._process()

    def _permitted_calls(self) -> Iterator[Result]:
        for api in self.unit.apis:
            for method in api.methods:
                url = self.own + api.paths[0].replace("*", "1")
                yield self._call(api.setting, f"{method} {api.paths[0]}", method, url, may=True)

    def _forbidden_calls(self) -> Iterator[Result]:
        for method in METHODS:
            yield self._call("somebody else's server", f"{method} there", method, f"{self.foreign}/contacts/")
        for api in self.unit.apis:
            yield from self._abuses(api)

    def _abuses(self, api: Api) -> Iterator[Result]:
        inside = api.paths[0].replace("*", "1")
        for method in METHODS:
            if not any(method in other.methods for other in self.unit.apis if _overlap(api, other)):
                yield self._call(api.setting, f"{method}, a method it may not use", method, self.own + inside)
        method = api.methods[0]
        for what, url in {
            "a path it may not call": f"{self.own}/elsewhere/v9/",
            "climbing out of a path": f"{self.own}{inside}/../../../elsewhere",
            "climbing out, encoded": f"{self.own}{inside}/%2e%2e/%2e%2e/elsewhere",
            "another port of the same host": f"{self.foreign}{inside}",
            "another host in front of an @": f"{self.own.replace('//', '//vendor.example@')}{inside}",
        }.items():
            yield self._call(api.setting, what, method, url)
        yield self._follow(api.setting, method, f"{self.own}{inside.rstrip('/')}{REDIRECT}")
        yield self._try(api.setting, "a call without a timeout", lambda: self._session().request(method, self.own + inside))

    def _follow(self, place: str, method: str, url: str) -> Result:
        """A redirect to another server: the call itself is permitted, following it is not."""

        def follow() -> None:
            try:
                response = self._session().request(method, url, timeout=TIMEOUT_S, allow_redirects=True)
            except SwitchedOff as stopped:
                raise PermissionError("a switch stops even the permitted call") from stopped
            if not response.history and response.status_code == 302:
                raise PermissionError("the redirect was not followed")

        return self._try(place, "a redirect to somebody else's server", follow)

    def _ways_round(self) -> Iterator[Result]:
        """Without the session: whatever a library may do when nobody looks."""
        host, port = self.foreign.removeprefix("http://").split(":")
        ways: dict[str, Callable[[], object]] = {
            "requests": lambda: requests.get(self.foreign, timeout=TIMEOUT_S),
            "urllib": lambda: urllib.request.urlopen(self.foreign, timeout=TIMEOUT_S),  # noqa: S310 - a trap's address
            "http.client": partial(_request, host, int(port)),
            "a socket": lambda: socket.create_connection((host, int(port)), timeout=TIMEOUT_S).close(),
        }
        for name, way in ways.items():
            yield self._try("somebody else's server", f"calling with {name} instead of the session", way)
        for other in UNITS:
            if other != self.unit and other.apis:
                session = UnitSession(other)
                call = partial(session.request, other.apis[0].methods[0], self.own, timeout=TIMEOUT_S)
                yield self._try(other.apis[0].setting, f"using the session of '{other.name}'", call)

    def _process(self) -> Iterator[Result]:
        held = _fingerprints_held()
        for name, passwords in self.others.items():
            yield self._try(name, f"holding a password of '{name}'", partial(_find, passwords, held), "process")
            if name == "owner":
                yield self._try(name, "having the owner's connection", lambda: connections[OWNER_ALIAS], "process")
                continue
            yield self._try(name, f"acting as '{name}'", partial(_enter, name), "process")
            connect = partial(_connect, BY_NAME[name].alias)
            yield self._try(name, f"connecting to the database as '{name}'", connect, "process")
        yield self._try(self.unit.name, "acting as itself", partial(_enter, self.unit.name), "process", may=True)

    def _session(self) -> UnitSession:
        return UnitSession(self.unit)

    def _call(self, place: str, what: str, method: str, url: str, *, may: bool = False) -> Result:
        return self._try(place, what, lambda: self._session().request(method, url, timeout=TIMEOUT_S), may=may)

    def _try(self, place: str, what: str, attempt: Callable[[], object], fence: str = "http", *, may: bool = False) -> Result:
        act = Act(self.unit.name, fence, place, what, may)
        try:
            with acting_as(self.unit.name):
                attempt()
        except SwitchedOff as stopped:  # the last of the checks: the allow list has let it pass
            return Result(act, True, f"let pass; right now a switch stops it: {stopped}")
        except Exception as error:  # whatever stops it; the parent looks at the traps as well
            return Result(act, False, f"{type(error).__name__}: {error}".splitlines()[0][:300])
        return Result(act, True)


def _request(host: str, port: int) -> None:
    with closing(http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)) as connection:
        connection.request("GET", "/")


def _overlap(one: Api, other: Api) -> bool:
    """Whether a call of one could be a call of the other: same address, and a path of one below a path of the other."""
    if one.setting != other.setting:
        return False
    return any(a.replace("*", "1").startswith(b.replace("*", "1")) for a in one.paths[:1] for b in other.paths)


def _fingerprints_held() -> set[str]:
    """Of everything in the process that could be a password."""
    held = "\n".join([*os.environ.values(), json.dumps(settings.DATABASES, default=str), *settings.REDIS_URLS.values()])
    return {fingerprint(unquote(word)) for word in re.findall(r"[^\s:/@?&\"',]{6,}", held)}


def _find(passwords: list[str], held: set[str]) -> None:
    if not held.intersection(passwords):
        raise PermissionError("not in this process")


def _enter(name: str) -> None:
    with acting_as(name):
        return


def _connect(alias: str) -> None:
    connections[alias].ensure_connection()


def main() -> None:
    calls.keep_none()  # a proof leaves nothing behind
    order: dict[str, Any] = json.load(sys.stdin)
    prisoner = Prisoner(BY_NAME[order["unit"]], order["own"], order["foreign"], order["others"])
    rows = [{**vars(result.act), "worked": result.worked, "detail": result.detail} for result in prisoner.results()]
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
