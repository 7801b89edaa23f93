"""The login of each unit at PostgreSQL.

Deployed, a process is given only its own units' addresses (`SERVICETITAN_DATABASE_URL`). Where the owner's
`DATABASE_URL` is known, the others are derived from it: same server, own role, a password nobody has to hand round.
"""

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from config.isolation.manifest import OWNER_ALIAS, SCHEMAS, UNITS, Unit

ENGINE = "config.database"


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
