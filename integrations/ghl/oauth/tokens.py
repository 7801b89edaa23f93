"""The tokens of a connected app, for all processes and threads: stored sealed, renewed ahead of time by one of them.

What is stored is the truth. Who renews asks with the stored refresh token and stores the answer only in the place of what
it asked with; so nobody brings a used one back, and one who dies in between is followed by another who asks the same
again, to which the vendor gives the same answer for 30 seconds.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import redis
from django.utils import timezone

from config.isolation.egress.retries import Stats
from config.isolation.errors import IsolationError
from config.isolation.redis.client import UnitRedis
from config.isolation.tokens.store import TokenStore
from config.isolation.tokens.turn import Turn
from integrations.ghl.errors import GhlError, NotAuthorized, Unreachable
from integrations.ghl.http import UNIT, shared_redis
from integrations.ghl.oauth.endpoint import Denied, Endpoint
from integrations.ghl.oauth.grant import Grant
from integrations.ghl.oauth.standing import CONNECT, Standing
from integrations.ghl.tokens import PrivateToken, Tokens

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.1  # while another process renews
WAIT_S = 60.0  # for it, at most
QUIET_S = 60.0  # after a renewal ahead of time that failed
YOUNG_S = 1.0  # a token that is refused so soon would be refused again
SAVE_TRIES = 20  # a second each, before it goes on with tokens that only this process has


class OAuthTokens:
    """Of one sub-account. Raises NotAuthorized where a person has to do something."""

    def __init__(self, account: str, client: UnitRedis, sleep: Callable[[float], None] = time.sleep) -> None:
        self._store, self._standing = TokenStore(UNIT.name, account), Standing(client, account)
        self._turn = Turn(client, f"ghl:oauth:turn:{account}")
        self._endpoint, self._sleep = Endpoint(client, sleep), sleep
        self._lock = threading.Lock()  # one thread renews; the others wait for it
        self._quiet_until = 0.0
        self._last: Grant | None = None
        self._unsaved: tuple[Grant, Grant] | None = None  # (what it replaces, what the vendor gave)

    def current(self, stats: Stats) -> str:
        grant = self._stored()
        if not grant.is_due() or (grant.seconds_left() > 0 and time.monotonic() < self._quiet_until):
            return grant.access_token
        if grant.seconds_left() <= 0:
            return self._renewed(grant, stats).access_token
        return self._renewed_early(grant, stats).access_token

    def renew(self, refused: str, stats: Stats) -> bool:
        grant = self._stored()
        if grant.access_token != refused:
            return True
        if grant.age() < YOUNG_S:
            return False
        return self._renewed(grant, stats).access_token != refused

    def stored(self) -> Grant | None:
        """None: nobody has connected the app."""
        try:
            if (unsaved := self._unsaved) is not None and not self._saved(*unsaved):
                return unsaved[1]
            found = self._store.load()
        except IsolationError as error:
            raise NotAuthorized(str(error), 0) from error
        return Grant(**found) if found else None

    def _stored(self) -> Grant:
        try:
            grant = self._last = self.stored()
        except redis.RedisError as error:
            if self._last is None:
                raise Unreachable(f"Redis, where GoHighLevel's tokens are, does not answer ({type(error).__name__}).") from error
            return self._last
        if grant is None:
            raise NotAuthorized("No sub-account of GoHighLevel is connected: manage.py ghl_connect.", 0)
        return grant

    def _renewed_early(self, old: Grant, stats: Stats) -> Grant:
        """`old` still works, so nobody waits for whoever renews it, and a failure is no reason to stop."""
        if not self._lock.acquire(blocking=False):
            return old
        try:
            return self._try(old, stats) or old
        except GhlError as error:
            log.warning("GoHighLevel's token could not be renewed ahead of time; it lasts a while yet: %s", error)
            self._quiet_until = time.monotonic() + QUIET_S
            return old
        finally:
            self._lock.release()

    def _renewed(self, old: Grant, stats: Stats) -> Grant:
        """The tokens that come after `old`, whoever gets them."""
        deadline = time.monotonic() + WAIT_S
        with self._lock:
            while time.monotonic() < deadline:
                stored = self._stored()
                if stored.access_token != old.access_token:
                    return stored
                if (mine := self._try(stored, stats)) is not None:
                    return mine
                self._sleep(LOOK_EVERY_S)
        raise Unreachable("Another process is renewing GoHighLevel's token and does not come to an end.")

    def _try(self, old: Grant, stats: Stats) -> Grant | None:
        """None: it is another process's turn."""
        try:
            self._refuse_known(old)
            if not self._turn.take():
                return None
            try:
                stored = self._stored()  # between the look and the turn somebody else may have had his
                return self._ask(old, stats) if stored.access_token == old.access_token else stored
            finally:
                self._turn.give_back()
        except redis.RedisError as error:
            raise Unreachable(f"Redis does not answer, so no token can be renewed ({type(error).__name__}).") from error

    def _refuse_known(self, grant: Grant) -> None:
        refusal = self._standing.refusal(grant)
        if refusal is not None:
            since = timezone.localtime(refusal.since)
            raise NotAuthorized(f"{refusal.why} So since {since:%b %d, %H:%M}.{_advice(refusal.needs_person)}", 0)

    def _ask(self, old: Grant, stats: Stats) -> Grant | None:
        try:
            new = self._endpoint.refresh(old.refresh_token, stats, self._still_mine)
        except _Overtaken:
            return None
        except Denied as denied:
            if self._stored().refresh_token != old.refresh_token:
                return self._stored()  # somebody else was faster, and ours was used up thereby
            self._standing.note(old, denied)
            raise NotAuthorized(f"{denied}{_advice(denied.dead)}", denied.status) from denied
        if not new.location_id:
            new = Grant(**{**new.as_dict(), "location_id": old.location_id})
        self._save(old, new)
        return self._stored()

    def _still_mine(self) -> None:
        if not self._turn.prolong():
            raise _Overtaken

    def _save(self, old: Grant, new: Grant) -> None:
        """While Redis is away this process goes on with them, and each look tries to store them first."""
        self._unsaved = old, new
        for _ in range(SAVE_TRIES):
            if self._saved(old, new):
                return
            self._sleep(1.0)

    def _saved(self, old: Grant, new: Grant) -> bool:
        try:
            self._store.exchange(old.as_dict(), new.as_dict())  # where it has been replaced meanwhile, the newer ones count
            self._standing.clear()
        except redis.RedisError as error:
            log.warning("GoHighLevel's new tokens cannot be stored just now: %s", type(error).__name__)
            return False
        self._unsaved = None
        return True


class _Overtaken(Exception):
    """It took so long that it is another process's turn."""


def _advice(needs_person: bool) -> str:
    return f" {CONNECT}" if needs_person else ""


def tokens_for(settings: Any, sleep: Callable[[float], None] = time.sleep) -> Tokens:
    """Raises NotAuthorized where no way to log in is set."""
    if settings.GHL_API_TOKEN:
        return PrivateToken(settings.GHL_API_TOKEN)
    if settings.GHL_OAUTH_CLIENT_ID and settings.GHL_OAUTH_CLIENT_SECRET and settings.GHL_LOCATION_ID:
        return OAuthTokens(settings.GHL_LOCATION_ID, shared_redis(), sleep)
    raise NotAuthorized(
        "No way to log in to GoHighLevel is set. Set GHL_API_TOKEN, a private integration's token, and GHL_LOCATION_ID; or "
        "GHL_OAUTH_CLIENT_ID, GHL_OAUTH_CLIENT_SECRET and GHL_LOCATION_ID, and connect with manage.py ghl_connect.",
        0,
    )
