"""Where the hub runs and which servers it uses: what `config.settings` begins with."""

import os
from pathlib import Path

import environ

from config.embedded.plan import plan as embedded_plan
from config.env import Reader
from config.isolation.credentials import BUS, databases, derived, redis_settings_missing, redis_urls
from config.isolation.manifest import UNITS
from config.sandbox import ports

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(os.environ.get("HUB_ENV_FILE", BASE_DIR / ".env"))
ENV = Reader(environ.Env())

# --- where and what ---------------------------------------------------------------------------------------------
HUB_ENV = ENV.choice("HUB_ENV", "development", ("development", "demo", "test", "production"))
PRODUCTION = HUB_ENV == "production"
HUB_DATA_DIR = ENV.folder("HUB_DATA_DIR", BASE_DIR / ".hub")
HUB_ROLE_PREFIX = ENV.text("HUB_ROLE_PREFIX", "hub_")
HUB_TOLERATED_HOLES = ENV.several("HUB_TOLERATED_HOLES", ("large-objects", "open-redis"))
DEBUG = ENV.flag("HUB_DEBUG", False)
ALLOWED_HOSTS = [h for h in ENV.text("HUB_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h]
CSRF_TRUSTED_ORIGINS = [o for o in ENV.text("HUB_TRUSTED_ORIGINS").split(",") if o]

HUB_PRIVATE_HOSTS = {h.strip().lower() for h in ENV.text("HUB_PRIVATE_HOSTS").split(",") if h.strip()}
HUB_CALLS_DAYS = ENV.whole("HUB_CALLS_DAYS", 14, least=1)

# --- servers: given, or our own -----------------------------------------------------------------------------------
DATABASE_URL = ENV.server_url("DATABASE_URL", ("postgres", "postgresql"))
UNIT_DATABASE_URLS = {
    u.name: ENV.server_url(f"{u.name.upper()}_DATABASE_URL", ("postgres", "postgresql")) for u in UNITS
}
REDIS_URL = ENV.server_url("REDIS_URL", ("redis", "rediss"))
HUB_SECRET_KEY = ENV.text("HUB_SECRET_KEY")
# Units this process may act as; empty: all. Set by the long-running commands for themselves (config/isolation/process.py).
HUB_UNITS = ENV.several("HUB_UNITS", tuple(unit.name for unit in UNITS))
_embedded_elsewhere = ENV.flag("HUB_EMBEDDED", False)
UNIT_REDIS_URLS = {u.name: ENV.server_url(f"{u.name.upper()}_REDIS_URL", ("redis", "rediss")) for u in UNITS}
UNIT_REDIS_URLS[BUS] = ENV.server_url("HUB_BUS_URL", ("redis", "rediss"))
HUB_REDIS_ACL = ENV.flag("HUB_REDIS_ACL", True)
SEAL_KEYS_FILES = {
    u.name: ENV.folder(f"{u.name.upper()}_SEAL_KEYS_FILE", HUB_DATA_DIR / "private" / "seal" / f"{u.name}.keys")
    for u in UNITS
    if u.tokens
}

_given_databases = [u.name for u in UNITS if ENV.text(f"{u.name.upper()}_DATABASE_URL") or ENV.text("DATABASE_URL")]
_given_redis = any(ENV.text(name) for name in ("REDIS_URL", "HUB_BUS_URL", *(f"{u.name.upper()}_REDIS_URL" for u in UNITS)))
EMBEDDED = not PRODUCTION and not _given_databases and not _given_redis
if EMBEDDED:
    _plan = embedded_plan(HUB_DATA_DIR)
    DATABASE_URL, REDIS_URL = _plan.database_url, _plan.redis_url
    HUB_SECRET_KEY = HUB_SECRET_KEY or _plan.secret_key
elif HUB_UNITS:  # what the process needs was handed to it; perhaps by one that runs servers of its own
    EMBEDDED = not PRODUCTION and _embedded_elsewhere
# What signs sessions is derived, so that the web process can hold it without the key that opens every compartment.
SECRET_KEY = ENV.text("HUB_SIGNING_KEY") or (HUB_SECRET_KEY and derived(HUB_SECRET_KEY, "signing"))
if not SECRET_KEY:
    ENV.complain("hub.E011", "HUB_SECRET_KEY is not set.", "Set it to 50 or more random characters, and keep it.")
    SECRET_KEY = "missing"  # noqa: S105 - every command stops at hub.E011 before it is used

# Links that customers get in messages: one process makes them, another reads them.
HUB_LINK_KEY = ENV.text("HUB_LINK_KEY") or (HUB_SECRET_KEY and derived(HUB_SECRET_KEY, "links")) or SECRET_KEY

DATABASES = databases(DATABASE_URL, UNIT_DATABASE_URLS, HUB_SECRET_KEY, HUB_ROLE_PREFIX)
REDIS_URLS = redis_urls(REDIS_URL, UNIT_REDIS_URLS, HUB_SECRET_KEY, HUB_ROLE_PREFIX, HUB_REDIS_ACL)
_missing = redis_settings_missing(_given_databases, REDIS_URLS) if _given_databases else ["DATABASE_URL"]
if not EMBEDDED and _missing:
    ENV.complain(
        "hub.E010",
        f"{', '.join(_missing)} {'is' if len(_missing) == 1 else 'are'} not set.",
        "In production set DATABASE_URL and REDIS_URL, or a process's own units' addresses and HUB_BUS_URL. "
        "For a trial set none of them (and HUB_ENV=development): the hub then runs its own servers.",
    )
DATABASE_ROUTERS = ["config.isolation.router.UnitRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- the sandbox: ServiceTitan's port; the other vendors' follow it (config/sandbox/ports.py) ------------------------
SANDBOX_PORT = ENV.whole("HUB_SANDBOX_PORT", 8901, least=1, most=ports.HIGHEST)
