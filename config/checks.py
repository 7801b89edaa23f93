"""Wrong or missing settings, as system checks: every command answers with an id and a sentence that helps."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

LEAST_KEY = 32  # characters


@register()
def settings_are_sound(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """hub.E001 to hub.E011: what could not be read, see `config.env` and the settings."""
    return [Error(problem.message, hint=problem.hint, id=problem.id) for problem in settings.ENV.problems]


@register()
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


@register()
def servicetitan_is_set_up(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    names = [f"SERVICETITAN_{name}" for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "APP_KEY")]
    missing = [name for name in names if not getattr(settings, name)]
    if not missing or not settings.SERVICETITAN_SYNC_ENABLED:
        return []
    hint = "Set them (see .env.example), or SERVICETITAN_SYNC_ENABLED=false."
    return [checks.Warning(f"The ServiceTitan sync cannot run, not set: {', '.join(missing)}.", hint=hint, id="hub.W020")]
