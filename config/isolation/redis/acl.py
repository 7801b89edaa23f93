"""Fence 4, kept: one user a unit at the Redis server, brought to what the manifest says; or said what differs.

Done as the administrator of REDIS_URL. Where the server lets nobody make users (HUB_REDIS_ACL=false), only the client
(`config.isolation.redis`) keeps the units apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import redis
from django.conf import settings

from config.isolation.credentials import BUS
from config.isolation.manifest import UNITS
from config.isolation.outcome import Outcome
from config.isolation.redis.acl_rules import Rules, bus_rules, unit_rules
from config.isolation.redis.connection import connection_options
from config.isolation.redis.server import Server

CLIENT_ALONE = (
    "HUB_REDIS_ACL is false: all units use the login of REDIS_URL, and the client alone keeps each to its own keys "
    "(into the text of Lua scripts it cannot see). Where the server can make users, set it to true and run "
    "`manage.py isolation apply`."
)
NO_ACCESS = (
    "REDIS_URL's login may not make users there: give it +acl, or set HUB_REDIS_ACL=false; "
    "then the client alone keeps each unit to its own keys"
)
OPEN_HOLE = "open-redis"  # as HUB_TOLERATED_HOLES names a server that asks nobody for a password


@dataclass(frozen=True)
class Login:
    """A user the manifest wants: whose it is, where and with which password it logs in, and what it may."""

    name: str
    url: str
    rules: Rules

    @property
    def user(self) -> str:
        return unquote(urlsplit(self.url).username or "")

    @property
    def password(self) -> str:
        return unquote(urlsplit(self.url).password or "")


def logins() -> Iterator[Login]:
    for unit in UNITS:
        if url := settings.REDIS_URLS.get(unit.name):
            yield Login(unit.name, url, unit_rules(unit))
    if url := settings.REDIS_URLS.get(BUS):
        yield Login(BUS, url, bus_rules(int(urlsplit(url).path.strip("/") or 0)))

def administrator() -> redis.Redis:
    """A client with the login of REDIS_URL."""
    pool = redis.ConnectionPool.from_url(settings.REDIS_URL, **connection_options(settings.REDIS_URL, decode_responses=True))
    return redis.Redis.from_pool(pool)


def apply(*, dry_run: bool = False) -> Outcome:
    """Make what is missing, take away what is too much; the second run in a row changes nothing."""
    if not settings.HUB_REDIS_ACL:
        return Outcome(notes=[CLIENT_ALONE])
    if not settings.REDIS_URL:
        return Outcome(refused=["make Redis users: they are the administrator's, set REDIS_URL"])
    outcome = Outcome()
    try:
        with administrator() as client:
            _bring(Server(client), outcome, dry_run)
    except redis.AuthenticationError as error:
        outcome.refused.append(f"make Redis users: {error}")
    except redis.ResponseError as error:
        outcome.refused.append(f"make Redis users ({error}): {NO_ACCESS}")
    except redis.RedisError as error:
        place = urlsplit(settings.REDIS_URL).netloc.rpartition("@")[2]
        outcome.refused.append(f"make Redis users: the server at {place} does not answer ({type(error).__name__})")
    return outcome


def _bring(server: Server, outcome: Outcome, dry_run: bool) -> None:
    mine = [login for login in logins() if _is_there(login, server, outcome)]
    for login in mine:
        wanted = server.known(login.rules)
        if what := _differences(server, login, wanted):
            outcome.changes.append(what)
            if not dry_run:
                server.set_user(login.user, login.password, wanted)
    _strangers(server, {login.user for login in mine}, outcome, dry_run)
    _default_user(server, outcome, dry_run)
    if not server.keeps_users(save=not dry_run):
        outcome.notes.append(
            "Redis keeps its users in memory only and forgets them when it restarts: start it with an `aclfile`, or run "
            "`CONFIG REWRITE` there now, or `manage.py isolation apply` after each restart."
        )


def _is_there(login: Login, server: Server, outcome: Outcome) -> bool:
    """Whether it is for us to make: at this server, and not the administrator's own login."""
    here, there = urlsplit(settings.REDIS_URL), urlsplit(login.url)
    if (here.hostname, here.port or 6379) != (there.hostname, there.port or 6379):
        outcome.notes.append(f"'{login.name}' uses another Redis server, which is not looked at from here.")
        return False
    if login.user in ("", "default", server.me):
        outcome.notes.append(f"'{login.name}' logs in as '{login.user or 'default'}' at Redis: no fence of its own there.")
        return False
    return True


def _differences(server: Server, login: Login, wanted: Rules) -> str:
    found = server.user(login.user)
    if found is None:
        return f"create Redis user {login.user}"
    differing = [*found.differences(wanted), *found.login_differences(login.password)]
    return f"Redis user {login.user}: {'; '.join(differing)}" if differing else ""


def _strangers(server: Server, known: set[str], outcome: Outcome, dry_run: bool) -> None:
    """Names that start with our prefix are ours; one that no unit has is a way in that nobody looks after."""
    for name in server.names():
        if not name.startswith(settings.HUB_ROLE_PREFIX) or name in known or name == server.me:
            continue
        if settings.EMBEDDED:
            outcome.changes.append(f"remove Redis user {name}, which no unit has")
            if not dry_run:
                server.remove(name)
        else:
            outcome.refused.append(
                f"remove Redis user {name}, which no unit has: on a server that is not the hub's own somebody else may use "
                f"it. Remove it there (ACL DELUSER {name}), or give this hub another HUB_ROLE_PREFIX"
            )


def _default_user(server: Server, outcome: Outcome, dry_run: bool) -> None:
    found = server.user("default")
    if found is None or not found.is_open:
        return
    if settings.EMBEDDED:
        outcome.changes.append("switch off Redis user default, which asks for no password")
        if not dry_run:
            server.switch_off("default")
        return
    outcome.notes.append(
        "Anybody who reaches the Redis server may do anything there, without a password, as its user 'default': the units' "
        "users are no fence against that. Give it a password (`requirepass`), or switch it off (`ACL SETUSER default off`); "
        f"or accept it: HUB_TOLERATED_HOLES={OPEN_HOLE}."
    )
