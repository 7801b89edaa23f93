"""The login of each unit at PostgreSQL and at Redis.

Deployed, a process is given only its own units' addresses (`SERVICETITAN_DATABASE_URL`, `SERVICETITAN_REDIS_URL`). Where
the owner's `DATABASE_URL` and the administrator's `REDIS_URL` are known, the others are derived from them: same server,
own login, a password nobody has to hand round.
"""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from config.isolation.manifest import OWNER_ALIAS, SCHEMAS, UNITS, Unit

ENGINE = "config.database"
BUS = "bus"  # the login for Celery's own keys, shared by all units; no unit has this name


def role_name(unit: Unit, prefix: str) -> str:
    return f"{prefix}{unit.name}"


def role_password(unit: Unit, secret: str) -> str:
    return derived(secret, f"database role {unit.name}")


def derived(secret: str, purpose: str) -> str:
    """Stable for one secret key, different for each purpose, and no way back from one to another."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def database_settings(url: str, alias: str) -> dict[str, Any]:
    """A Django DATABASES entry for a postgres:// address; what follows `?` becomes libpq options."""
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    options.setdefault("application_name", f"hub:{alias}")
    options.setdefault("connect_timeout", 10)
    if alias == OWNER_ALIAS:  # introspection finds tables by their bare names, see config.database
        options["options"] = f"{options.get('options', '')} -c search_path={','.join(SCHEMAS)}".strip()
    return {
        "ENGINE": ENGINE,
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": parts.port or 5432,
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {},
    }


def databases(owner_url: str, unit_urls: dict[str, str], secret: str, prefix: str) -> dict[str, dict[str, Any]]:
    """DATABASES: the owner's connection where its address is known, and one per unit that has or inherits one.

    A process without the back office's address still needs the key `default`: an empty entry refuses every query.
    """
    entries: dict[str, dict[str, Any]] = {"default": {}}
    if owner_url:
        entries[OWNER_ALIAS] = database_settings(owner_url, OWNER_ALIAS)
    for unit in UNITS:
        if url := unit_urls.get(unit.name):
            entries[unit.alias] = database_settings(url, unit.name)
        elif owner_url:
            login = {"USER": role_name(unit, prefix), "PASSWORD": role_password(unit, secret)}
            entries[unit.alias] = {**database_settings(owner_url, unit.name), **login}
        if unit.alias in entries and entries[unit.alias] and owner_url:
            entries[unit.alias]["TEST"] = {"MIRROR": OWNER_ALIAS}  # same test database, own role
    return entries


def redis_password(name: str, secret: str) -> str:
    """As `role_password`, for a unit's login at Redis or the bus's."""
    return derived(secret, f"redis user {name}")


def redis_urls(admin_url: str, unit_urls: dict[str, str], secret: str, prefix: str, acl: bool) -> dict[str, str]:
    """The address for each unit, and for the bus, that has or inherits one.

    Without `acl` the server lets us make no logins: all use the administrator's.
    """
    urls = {name: url for name, url in unit_urls.items() if url}
    if admin_url:
        for name in (*(unit.name for unit in UNITS), BUS):
            login = f"{quote(prefix + name, safe='')}:{redis_password(name, secret)}"
            urls.setdefault(name, _with_login(admin_url, login) if acl else admin_url)
    return urls


def _with_login(url: str, login: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{login}@{parts.netloc.rpartition('@')[2]}").geturl()


def redis_settings_missing(units: Iterable[str], urls: dict[str, str]) -> list[str]:
    """The settings that a process with databases for these units lacks: each unit's Redis, and the bus."""
    names = {unit: f"{unit.upper()}_REDIS_URL" for unit in units} | {BUS: "HUB_BUS_URL"}
    missing = [setting for name, setting in names.items() if name not in urls]
    return missing if urls else ["REDIS_URL"]
