"""Settings, all from the environment or a `.env` file beside manage.py; `.env.example` explains each.

With DATABASE_URL and REDIS_URL unset the hub runs its own PostgreSQL and Redis (`config.embedded`).
With no credentials of a vendor it looks for the vendor's emulator, which `manage.py sandbox` serves.
"""

import os
from pathlib import Path
from typing import Any

import environ

from config import embedded
from config.backoffice.look import UNFOLD as UNFOLD  # read by the theme
from config.env import Reader
from config.isolation.credentials import BUS, databases, derived, redis_settings_missing, redis_urls
from config.isolation.manifest import UNITS
from config.isolation.redis.connection import connection_options
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
    _plan = embedded.plan(HUB_DATA_DIR)
    DATABASE_URL, REDIS_URL = _plan.database_url, _plan.redis_url
    HUB_SECRET_KEY = HUB_SECRET_KEY or _plan.secret_key
elif HUB_UNITS:  # what the process needs was handed to it; perhaps by one that runs servers of its own
    EMBEDDED = not PRODUCTION and _embedded_elsewhere
# What signs sessions is derived, so that the web process can hold it without the key that opens every compartment.
SECRET_KEY = ENV.text("HUB_SIGNING_KEY") or (HUB_SECRET_KEY and derived(HUB_SECRET_KEY, "signing"))
if not SECRET_KEY:
    ENV.complain("hub.E011", "HUB_SECRET_KEY is not set.", "Set it to 50 or more random characters, and keep it.")
    SECRET_KEY = "missing"  # noqa: S105 - every command stops at hub.E011 before it is used

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

# --- ServiceTitan -------------------------------------------------------------------------------------------------
# With our own servers and no credentials, everything points at the sandbox, so that a trial needs no settings.
SERVICETITAN_USES_SANDBOX = EMBEDDED and not ENV.text("SERVICETITAN_CLIENT_ID") and not ENV.text("SERVICETITAN_API_URL")
_sandbox = ports.address_of("servicetitan", SANDBOX_PORT)
_vendor = (_sandbox, _sandbox) if SERVICETITAN_USES_SANDBOX else (
    "https://api.servicetitan.io",
    "https://auth.servicetitan.io",
)
_trial = ("1234567890", "cid.sandbox", "cs1.sandbox", "ak1.sandbox") if SERVICETITAN_USES_SANDBOX else ("", "", "", "")
SERVICETITAN_API_URL = ENV.base_url("SERVICETITAN_API_URL", _vendor[0])
SERVICETITAN_AUTH_URL = ENV.base_url("SERVICETITAN_AUTH_URL", _vendor[1]).removesuffix("/connect/token")
SERVICETITAN_TENANT_ID = ENV.digits("SERVICETITAN_TENANT_ID", _trial[0])
SERVICETITAN_CLIENT_ID = ENV.text("SERVICETITAN_CLIENT_ID", _trial[1])
SERVICETITAN_CLIENT_SECRET = ENV.text("SERVICETITAN_CLIENT_SECRET", _trial[2])
SERVICETITAN_APP_KEY = ENV.text("SERVICETITAN_APP_KEY", _trial[3])
SERVICETITAN_CALLS_PER_SECOND = ENV.whole("SERVICETITAN_CALLS_PER_SECOND", 50, least=1)
SERVICETITAN_TIMEOUT_S = ENV.whole("SERVICETITAN_TIMEOUT_S", 110, least=1)
SERVICETITAN_BRAKE_PERCENT = ENV.whole("SERVICETITAN_BRAKE_PERCENT", 5, least=1)
SERVICETITAN_CHANGES_DAYS = ENV.whole("SERVICETITAN_CHANGES_DAYS", 90, least=1)
SERVICETITAN_LOG_DAYS = ENV.whole("SERVICETITAN_LOG_DAYS", 180, least=1)
SERVICETITAN_SYNC_ENABLED = ENV.flag("SERVICETITAN_SYNC_ENABLED", True)

# --- GoHighLevel ----------------------------------------------------------------------------------------------------
# Where neither a credential nor an address is set and it is not production, it is the sandbox. Only a process that acts
# as `ghl` can tell: the others are started without these settings (config/isolation/process.py).
_ghl_given = ("GHL_API_URL", "GHL_API_TOKEN", "GHL_OAUTH_CLIENT_ID", "GHL_OAUTH_CLIENT_SECRET")
GHL_USES_SANDBOX = not PRODUCTION and not any(ENV.text(name) for name in _ghl_given)
GHL_API_URL = ENV.base_url(
    "GHL_API_URL",
    ports.address_of("ghl", SANDBOX_PORT) if GHL_USES_SANDBOX else "https://services.leadconnectorhq.com",
)
GHL_API_TOKEN = ENV.text("GHL_API_TOKEN") or ("pit-sandbox" if GHL_USES_SANDBOX else "")
GHL_LOCATION_ID = ENV.text("GHL_LOCATION_ID") or ("locSandbox0000000001" if GHL_USES_SANDBOX else "")
GHL_OAUTH_CLIENT_ID = ENV.text("GHL_OAUTH_CLIENT_ID")
GHL_OAUTH_CLIENT_SECRET = ENV.text("GHL_OAUTH_CLIENT_SECRET")
GHL_API_VERSION = ENV.choice("GHL_API_VERSION", "2021-07-28", ("2021-07-28", "v3"))
GHL_CALLS_PER_10_S = ENV.whole("GHL_CALLS_PER_10_S", 100, least=4)
GHL_DAILY_CALLS = ENV.whole("GHL_DAILY_CALLS", 200_000, least=10)
GHL_TIMEOUT_S = ENV.whole("GHL_TIMEOUT_S", 30, least=1)
GHL_SYNC_ENABLED = ENV.flag("GHL_SYNC_ENABLED", True)
GHL_AUTO_SYNC_CUSTOMERS = ENV.flag("GHL_AUTO_SYNC_CUSTOMERS", True)
GHL_AUTO_SYNC_ESTIMATES = ENV.flag("GHL_AUTO_SYNC_ESTIMATES", True)
GHL_TAG_PREFIX = ENV.text("GHL_TAG_PREFIX", "st-")
GHL_BRAKE_PERCENT = ENV.whole("GHL_BRAKE_PERCENT", 20, least=1)
GHL_SETTLE_S = ENV.whole("GHL_SETTLE_S", 60, least=0)
GHL_THREADS = ENV.whole("GHL_THREADS", 8, least=1)
GHL_LOG_DAYS = ENV.whole("GHL_LOG_DAYS", 90, least=1)

# --- the other vendors: where each unit's calls go (config/isolation/manifest.py) ---------------------------------
SALESFORCE_SYNC_ENABLED = ENV.flag("SALESFORCE_SYNC_ENABLED", True)
SALESFORCE_LOGIN_URL = ENV.base_url("SALESFORCE_LOGIN_URL", "https://login.salesforce.com")
SALESFORCE_INSTANCE_URL = ENV.base_url("SALESFORCE_INSTANCE_URL", "")
WORKFLOWS_ENABLED = ENV.flag("WORKFLOWS_ENABLED", True)
MESSAGING_ENABLED = ENV.flag("MESSAGING_ENABLED", True)
TWILIO_API_URL = ENV.base_url("TWILIO_API_URL", "https://api.twilio.com")

# --- GoHighLevel: connecting an app, what comes back from there -----------------------------------------------------
GHL_OAUTH_REDIRECT_URL = ENV.text("GHL_OAUTH_REDIRECT_URL")
GHL_OAUTH_CONSENT_URL = ENV.text("GHL_OAUTH_CONSENT_URL")
GHL_REPAIR_DRIFT = ENV.flag("GHL_REPAIR_DRIFT", False)
_ghl_screens = "https://app.gohighlevel.com/v2/location/{location}"
HUB_GHL_CONTACT_LINK = ENV.text("HUB_GHL_CONTACT_LINK", f"{_ghl_screens}/contacts/detail/{{id}}")
HUB_GHL_OPPORTUNITY_LINK = ENV.text("HUB_GHL_OPPORTUNITY_LINK", f"{_ghl_screens}/opportunities/{{id}}")
# Public keys; by their names they reach the web process, which is started without the settings that begin with GHL_.
HUB_GHL_WEBHOOK_KEY = ENV.text("HUB_GHL_WEBHOOK_KEY")
HUB_GHL_WEBHOOK_LEGACY_KEY = ENV.text("HUB_GHL_WEBHOOK_LEGACY_KEY")

# --- Django ---------------------------------------------------------------------------------------------------------
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
USE_TZ = True
HUB_COUNTRY = ENV.choice("HUB_COUNTRY", "us", ("us", "ca", "au", "nz", "gb", "ie")).upper()
TIME_ZONE = CELERY_TIMEZONE = ENV.zone("HUB_TIME_ZONE", "America/Phoenix")
LANGUAGE_CODE = "en-us"
INSTALLED_APPS = [
    "config.backoffice.apps.BackofficeConfig",  # before the theme: some of its templates are replaced
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "django_celery_beat",
    "config.isolation.apps.IsolationConfig",
    "config.embedded.apps.EmbeddedConfig",
    "config.jobs.apps.JobsConfig",
    "servicetitan.apps.ServiceTitanConfig",
    "integrations.apps.IntegrationsConfig",
    "salesforce.apps.SalesforceConfig",
    "automation.apps.AutomationConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.isolation.middleware.actor_middleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
STATIC_URL = "/static/"
STATIC_ROOT = HUB_DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "UserAttributeSimilarityValidator")
]
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"

# --- Redis: the people's sessions, and Celery's bus -------------------------------------------------------------------
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "sessions": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URLS.get("backoffice", ""),
        "KEY_FUNCTION": "config.backoffice.sessions.session_key",
        "OPTIONS": {
            "REDIS_CLIENT_CLASS": "config.isolation.redis.client.UnitRedis",
            "REDIS_CLIENT_KWARGS": {"unit": "backoffice"},
            "CONNECTION_POOL_KWARGS": connection_options(REDIS_URLS.get("backoffice", "")),
        },
    },
}
SESSION_ENGINE = "config.backoffice.sessions"
SESSION_CACHE_ALIAS = "sessions"
SESSION_COOKIE_AGE = 12 * 3600

CELERY_BROKER_URL = REDIS_URLS.get(BUS, "")
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True  # the run log is the result
CELERY_RESULT_EXPIRES = None  # else the scheduler would send a cleanup of results, to a queue that nobody reads
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": "celery:",
    "visibility_timeout": 900,  # after it a task whose worker vanished is given to another; leases keep the two apart
    "unacked_restore_interval": 5,  # with the defaults (10, 10) a killed worker's task came back after 100 s
    "unacked_restore_throttle": 1,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "config.jobs.beat:SlotScheduler"

# --- security -----------------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.flag("HUB_BEHIND_PROXY", False) else None
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'unsafe-eval'"],  # the admin theme's Alpine.js evaluates its attributes
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
    },
}
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_LOCKOUT_CALLABLE = "config.backoffice.login.locked_out"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.isolation.egress.redaction.Redacting",
            "fmt": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        **{name: {"level": "INFO"} for name in ("config", "servicetitan", "integrations", "automation", "salesforce")},
        "multiprocessing": {"handlers": ["stderr"], "level": "ERROR"},  # of Celery's processes; passes nothing on to root
        "urllib3": {"level": "WARNING"},  # below, it writes addresses with their queries
    },
}
