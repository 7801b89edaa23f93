"""Wrong or missing settings, as system checks: every command answers with an id and a sentence that helps."""

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from config.isolation.egress.addresses import names_loopback
from config.isolation.manifest import UNITS

SETTINGS = "settings"  # the tag of all checks that depend on where the hub runs: every command asks them
LEAST_KEY = 32  # characters


@register(SETTINGS)
def settings_are_sound(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """hub.E001 to hub.E011: what could not be read, see `config.env` and the settings."""
    return [Error(problem.message, hint=problem.hint, id=problem.id) for problem in settings.ENV.problems]


@register(SETTINGS)
def production_is_safe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(Error("HUB_DEBUG is on in production.", hint="Remove it: debug pages show settings.", id="hub.E012"))
    if 0 < len(settings.ENV.text("HUB_SECRET_KEY")) < LEAST_KEY:
        hint = "Set 50 or more random characters; the units' database passwords are derived from it."
        found.append(Error(f"HUB_SECRET_KEY is shorter than {LEAST_KEY} characters.", hint=hint, id="hub.E013"))
    return found


@register(SETTINGS)
def servicetitan_is_set_up(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    names = [f"SERVICETITAN_{name}" for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "APP_KEY")]
    missing = [name for name in names if not getattr(settings, name)]
    if not missing or not settings.SERVICETITAN_SYNC_ENABLED or not _acts_as("servicetitan"):
        return []
    hint = "Set them (see .env.example), or SERVICETITAN_SYNC_ENABLED=false."
    return [checks.Warning(f"The ServiceTitan sync cannot run, not set: {', '.join(missing)}.", hint=hint, id="hub.W020")]


@register(SETTINGS)
def ghl_is_set_up(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    missing = _ghl_lacks()
    if not missing or not settings.GHL_SYNC_ENABLED or not _acts_as("ghl"):
        return []
    hint = (
        "Set GHL_API_TOKEN and GHL_LOCATION_ID (a Private Integration of the sub-account), or GHL_OAUTH_CLIENT_ID and "
        "GHL_OAUTH_CLIENT_SECRET (a Marketplace app), see .env.example; or GHL_SYNC_ENABLED=false. Everything else runs on."
    )
    return [checks.Warning(f"Nothing can be sent to GoHighLevel, not set: {', '.join(missing)}.", hint=hint, id="hub.W021")]


def _ghl_lacks() -> Sequence[str]:
    token, oauth = ("GHL_API_TOKEN", "GHL_LOCATION_ID"), ("GHL_OAUTH_CLIENT_ID", "GHL_OAUTH_CLIENT_SECRET")
    begun = oauth if not settings.GHL_API_TOKEN and any(getattr(settings, name) for name in oauth) else token
    return [name for name in begun if not getattr(settings, name)]


@register(SETTINGS)
def credentials_travel_by_https(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    names = dict.fromkeys(api.setting for unit in UNITS for api in unit.apis)
    if os.environ.get("OTEL_EXPORTER_OTLP_HEADERS"):
        names["OTEL_EXPORTER_OTLP_ENDPOINT"] = None
    hint = "Begin it with https. Only this machine and the hosts of HUB_PRIVATE_HOSTS may be called by http."
    return [
        Error(f"{name} is an address without https.", hint=hint, id="hub.E014")
        for name in names
        if _is_open(getattr(settings, name))
    ]


def _is_open(url: str) -> bool:
    """Whether anybody on the way could read what is sent there."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "http" and not names_loopback(host) and host not in settings.HUB_PRIVATE_HOSTS


def _acts_as(unit: str) -> bool:
    """Whether this process may: the others are started without the unit's credentials."""
    return not settings.HUB_UNITS or unit in settings.HUB_UNITS
