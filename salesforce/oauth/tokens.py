"""The tokens for all processes and threads: stored sealed, renewed by one of them at a time.

What is stored is the truth. Who renews stores the answer before anybody uses it, and only in the place of what it asked with.
Rotated refresh tokens work once: a second process with the old one could end the whole connection.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import redis
from django.conf import settings
from django.utils import timezone

from config.isolation.egress.retries import Stats
from config.isolation.redis.client import UnitRedis
from config.isolation.tokens.turn import Turn
from salesforce.errors import BadAnswer, NotAuthorized, ReconnectNeeded, Unreachable
from salesforce.oauth.endpoint import Denied, Endpoint
from salesforce.oauth.grant import CONNECTED, RECONNECT_NEEDED, Grant
from salesforce.oauth.keep import Keep

LOOK_EVERY_S = 0.1  # while another process renews
WAIT_S = 60.0  # for it, at most
YOUNG_S = 1.0  # a token that is refused so soon would be refused again
LATER_S = 900.0  # an unattended login that was refused is tried again: somebody may have changed the app
SAVE_TRIES = 20  # a second each
FIRST_REFUSED = "salesforce:oauth:refused"  # of a first unattended login, which left no tokens to note it with
CONNECT = "Connect again: in the admin under Salesforce, or at /api/salesforce/auth."


class OAuthTokens:
    def __init__(self, client: UnitRedis, sleep: Callable[[float], None] = time.sleep) -> None:
        self._keep, self._sleep = Keep(), sleep
        self._turn = Turn(client, "salesforce:tokens:default:lock")
        self._endpoint, self._client = Endpoint(client, sleep), client
        self._lock = threading.Lock()  # one thread renews; the others wait for it

    def current(self, stats: Stats) -> Grant:
        """Raises ReconnectNeeded where only a person helps, NotAuthorized where somebody has to change something."""
        grant = self.stored()
        if grant is not None:
            refuse_known(grant)
            return grant
        if settings.SALESFORCE_FLOW == "web":
            raise ReconnectNeeded(f"No Salesforce org is connected. {CONNECT}")
        return self._renewed(None, stats)

    def renew(self, refused: str, stats: Stats) -> bool:
        grant = self.stored()
        if grant is None or grant.access_token != refused:
            return grant is not None
        if grant.age() < YOUNG_S:
            return False
        self._renewed(grant, stats)  # an unattended login may answer with the same token: then it says that it is good
        return True

    def stored(self) -> Grant | None:
        """As set: tokens of another way to log in, or another address, are none."""
        try:
            return _fitting(self._keep.load())
        except redis.RedisError as error:
            raise Unreachable(f"Redis, where Salesforce's tokens are, does not answer ({type(error).__name__}).") from error

    def _renewed(self, old: Grant | None, stats: Stats) -> Grant:
        """The tokens that come after `old`, whoever gets them."""
        deadline = time.monotonic() + WAIT_S
        with self._lock:
            while time.monotonic() < deadline:
                stored = self.stored()
                if stored is not None and (old is None or stored.access_token != old.access_token):
                    refuse_known(stored)
                    return stored
                if (mine := self._try(stored, stats)) is not None:
                    return mine
                self._sleep(LOOK_EVERY_S)
        raise Unreachable("Another process is renewing Salesforce's tokens and does not come to an end.")

    def _try(self, old: Grant | None, stats: Stats) -> Grant | None:
        """None: it is another process's turn."""
        try:
            if old is not None:
                refuse_known(old)
            elif (why := self._client.get(f"{FIRST_REFUSED}:{_mark()}")) is not None:
                raise NotAuthorized(f"{why!s} It is tried again now and then.")
            if not self._turn.take():
                return None
            try:
                newest = _fitting(self._keep.newest())  # between the look and the turn somebody else may have had his
                if newest is not None and (old is None or newest.access_token != old.access_token):
                    return newest
                return self._ask(newest, stats)
            finally:
                self._turn.give_back()
        except redis.RedisError as error:
            raise Unreachable(f"Redis does not answer, so no token can be renewed ({type(error).__name__}).") from error

    def _ask(self, old: Grant | None, stats: Stats) -> Grant | None:
        try:
            if settings.SALESFORCE_FLOW != "web":
                new = self._endpoint.unattended(settings.SALESFORCE_FLOW, stats, self._still_mine)
            elif old is not None and old.refresh_token:
                new = self._endpoint.refresh(old.refresh_token, stats, self._still_mine)
            else:
                raise ReconnectNeeded(f"Salesforce's session has ended, and there is no refresh token. {CONNECT}")
        except _Overtaken:
            return None
        except Denied as denied:
            return self._denied(old, denied)
        if old is None:
            self._keep.save(new)
            return new
        new = replace(
            new, generation=old.generation + 1, obtained_at=old.obtained_at, scope=new.scope or old.scope,
            refresh_token=new.refresh_token or old.refresh_token,
        )  # fmt: skip
        self._save(old, new)
        return self.stored()

    def _denied(self, old: Grant | None, denied: Denied) -> Grant | None:
        """Noted with the tokens, so that the same is not asked again and again; unless somebody was faster."""
        stored = self.stored()
        if old is not None and stored is not None and stored.refresh_token != old.refresh_token:
            return stored
        if old is not None and denied.terminal:
            told = {"status": RECONNECT_NEEDED, "last_error": str(denied), "denied_for": _mark(), "denied_at": time.time()}
            marked = replace(old, **told)  # type: ignore[arg-type] # values of several types
            self._keep.exchange(old, marked)
            refuse_known(marked)
        if old is None and denied.terminal:
            self._client.set(f"{FIRST_REFUSED}:{_mark()}", str(denied), ex=int(LATER_S))
        raise denied

    def _still_mine(self) -> None:
        if not self._turn.prolong():
            raise _Overtaken

    def _save(self, old: Grant, new: Grant) -> None:
        """The copy in the database has them already; nobody uses them before Redis has."""
        for tries_left in reversed(range(SAVE_TRIES)):
            try:
                self._keep.exchange(old, new)
            except redis.RedisError:
                if not tries_left:
                    raise
                self._sleep(1.0)
            else:
                return


class _Overtaken(Exception):
    """It took so long that it is another process's turn."""


def _fitting(grant: Grant | None) -> Grant | None:
    fits = grant is not None and (grant.flow, grant.login_url) == (settings.SALESFORCE_FLOW, settings.SALESFORCE_LOGIN_URL)
    if fits and grant and (pinned := settings.SALESFORCE_INSTANCE_URL) and grant.instance_url != pinned:
        raise BadAnswer(f"The connected org is at {grant.instance_url}, and SALESFORCE_INSTANCE_URL is {pinned}: change one.")
    return grant if fits else None


def refuse_known(grant: Grant) -> None:
    if grant.status == CONNECTED or grant.denied_for != _mark():
        return
    since = datetime.fromtimestamp(grant.denied_at, timezone.get_current_timezone())
    if grant.flow == "web":
        raise ReconnectNeeded(f"{grant.last_error} So since {since:%b %d, %H:%M}. {CONNECT}")
    if time.time() - grant.denied_at < LATER_S:
        raise NotAuthorized(f"{grant.last_error} So since {since:%b %d, %H:%M}; it is tried again now and then.")


def _mark() -> str:
    """Another app, secret or way to log in is worth another try."""
    parts = (settings.SALESFORCE_FLOW, settings.SALESFORCE_CLIENT_ID, settings.SALESFORCE_CLIENT_SECRET)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
