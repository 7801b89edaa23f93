"""Settings, all from the environment or a `.env` file beside manage.py; `.env.example` explains each.

With DATABASE_URL and REDIS_URL unset the hub runs its own PostgreSQL and Redis (`config.embedded`).
With no credentials of a vendor it looks for the vendor's emulator, which `manage.py sandbox` serves.
"""

from typing import Any

from config.backoffice.look import UNFOLD as UNFOLD  # read by the theme
from config.environment import *  # noqa: F403 - where the hub runs, and its servers: settings like these
from config.environment import EMBEDDED, ENV, HUB_DATA_DIR, PRODUCTION, REDIS_URLS, SANDBOX_PORT
from config.follow_ups import *  # noqa: F403 - workflows and messages: settings like these
from config.isolation.credentials import BUS
from config.isolation.redis.connection import connection_options
from config.sandbox import ports

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

# --- Salesforce: the sandbox under the same conditions as GoHighLevel's ----------------------------------------------
_salesforce_given = ("LOGIN_URL", "INSTANCE_URL", "CLIENT_ID", "CLIENT_SECRET")
SALESFORCE_USES_SANDBOX = not PRODUCTION and not any(ENV.text(f"SALESFORCE_{name}") for name in _salesforce_given)
_sandbox = ports.address_of("salesforce", SANDBOX_PORT) if SALESFORCE_USES_SANDBOX else ""
SALESFORCE_LOGIN_URL = ENV.base_url("SALESFORCE_LOGIN_URL", _sandbox or "https://login.salesforce.com")
SALESFORCE_INSTANCE_URL = ENV.base_url("SALESFORCE_INSTANCE_URL", _sandbox)
_app = ("3MVG9sandbox.consumer.key", "5A4D0B0Xsandbox") if SALESFORCE_USES_SANDBOX else ("", "")
SALESFORCE_CLIENT_ID = ENV.text("SALESFORCE_CLIENT_ID") or _app[0]
SALESFORCE_CLIENT_SECRET = ENV.text("SALESFORCE_CLIENT_SECRET") or _app[1]
SALESFORCE_REDIRECT_URI = ENV.text("SALESFORCE_REDIRECT_URI", "http://127.0.0.1:8000/api/salesforce/callback")
SALESFORCE_FLOW = ENV.choice(
    "SALESFORCE_FLOW", "client_credentials" if SALESFORCE_USES_SANDBOX else "web", ("web", "client_credentials", "jwt")
)
SALESFORCE_JWT_USERNAME = ENV.text("SALESFORCE_JWT_USERNAME")
SALESFORCE_JWT_KEY_FILE = ENV.text("SALESFORCE_JWT_KEY_FILE")
SALESFORCE_API_VERSION = ENV.whole("SALESFORCE_API_VERSION", 67, least=53)
SALESFORCE_KEY_FIELD = ENV.text("SALESFORCE_KEY_FIELD", "ServiceTitan_Customer_ID__c")
SALESFORCE_TIMEOUT_S = ENV.whole("SALESFORCE_TIMEOUT_S", 120, least=1)
SALESFORCE_ACCOUNTS = ENV.choice("SALESFORCE_ACCOUNTS", "none", ("none", "customer"))
SALESFORCE_UPDATE_ONLY = ENV.flag("SALESFORCE_UPDATE_ONLY", False)
SALESFORCE_SAVE_DUPLICATES = ENV.flag("SALESFORCE_SAVE_DUPLICATES", False)
SALESFORCE_BULK_FROM = ENV.whole("SALESFORCE_BULK_FROM", 2000, least=0)
SALESFORCE_BULK_ROWS = ENV.whole("SALESFORCE_BULK_ROWS", 50_000, least=1)
SALESFORCE_QUOTA_PERCENT = ENV.whole("SALESFORCE_QUOTA_PERCENT", 80, least=1, most=100)
SALESFORCE_LOG_DAYS = ENV.whole("SALESFORCE_LOG_DAYS", 90, least=1)
SALESFORCE_RECORD_LINK = ENV.text("SALESFORCE_RECORD_LINK", "{instance}/{id}")
SALESFORCE_SYNC_ENABLED = ENV.flag("SALESFORCE_SYNC_ENABLED", True)

# --- GoHighLevel: connecting an app, what comes back from there -----------------------------------------------------
GHL_OAUTH_REDIRECT_URL = ENV.text("GHL_OAUTH_REDIRECT_URL")
GHL_OAUTH_CONSENT_URL = ENV.text("GHL_OAUTH_CONSENT_URL")
GHL_REPAIR_DRIFT = ENV.flag("GHL_REPAIR_DRIFT", False)
# Where a record is in GoHighLevel's own screens.
HUB_GHL_CONTACT_LINK = ENV.text("HUB_GHL_CONTACT_LINK", "https://app.gohighlevel.com/v2/location/{location}/contacts/detail/{id}")
HUB_GHL_OPPORTUNITY_LINK = ENV.text(
    "HUB_GHL_OPPORTUNITY_LINK", "https://app.gohighlevel.com/v2/location/{location}/opportunities/{id}"
)
# Public keys; by their names they reach the web process, which is started without the settings that begin with GHL_.
HUB_GHL_WEBHOOK_KEY = ENV.text("HUB_GHL_WEBHOOK_KEY")
HUB_GHL_WEBHOOK_LEGACY_KEY = ENV.text("HUB_GHL_WEBHOOK_LEGACY_KEY")

# --- the monitoring agent: whom it tells ------------------------------------------------------------------------------
MONITOR_EMAIL_URL = ENV.server_url("MONITOR_EMAIL_URL", ("smtp+starttls", "smtps", "smtp"))
MONITOR_EMAIL_TO = ENV.text("MONITOR_EMAIL_TO")
MONITOR_EMAIL_FROM = ENV.text("MONITOR_EMAIL_FROM")
MONITOR_SLACK_URL = ENV.base_url("MONITOR_SLACK_URL", "")
MONITOR_WEBHOOK_URL = ENV.base_url("MONITOR_WEBHOOK_URL", "")
MONITOR_MAINTENANCE = ENV.text("MONITOR_MAINTENANCE")
HUB_METRICS_TOKEN = ENV.text("HUB_METRICS_TOKEN")
HUB_SEAL_DAYS = ENV.whole("HUB_SEAL_DAYS", 365, least=1)
HUB_CERTIFICATE_FILE = ENV.text("HUB_CERTIFICATE_FILE")

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
    "config.backoffice.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "ninja",
    "django_celery_beat",
    "config.isolation.apps.IsolationConfig",
    "config.embedded.apps.EmbeddedConfig",
    "config.jobs.apps.JobsConfig",
    "config.telemetry.apps.TelemetryConfig",
    "config.monitoring.apps.MonitoringConfig",
    "servicetitan.apps.ServiceTitanConfig",
    "integrations.apps.IntegrationsConfig",
    "salesforce.apps.SalesforceConfig",
    "automation.apps.AutomationConfig",
]
MIDDLEWARE = [
    "config.correlation.correlation_middleware",
    "config.telemetry.web.telemetry_middleware",
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

OTEL_EXPORTER_OTLP_ENDPOINT = ENV.base_url("OTEL_EXPORTER_OTLP_ENDPOINT", "")
HUB_LOG_FORMAT = ENV.choice("HUB_LOG_FORMAT", "line", ("line", "json"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "config.logs.Lines", "fmt": "{asctime} {levelname} {name}{correlation}: {message}", "style": "{"},
        "json": {"()": "config.logs.Json"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": HUB_LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        **{name: {"level": "INFO"} for name in ("config", "servicetitan", "integrations", "automation", "salesforce")},
        "multiprocessing": {"handlers": ["stderr"], "level": "ERROR"},  # of Celery's processes; passes nothing on to root
        "urllib3": {"level": "WARNING"},  # below, it writes addresses with their queries
    },
}
