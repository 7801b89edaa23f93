"""The badge on every page: nobody shall take the demo for the company's data, or forget that a unit is stopped."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from config.isolation import switches

_TONES = {"production": "danger", "demo": "info", "development": "warning", "test": "warning"}
FRESH_S = 5


def environment(request: HttpRequest) -> list[str]:
    words = [settings.HUB_ENV]
    if settings.SERVICETITAN_USES_SANDBOX:
        words.append("sandbox data")
    turned: list[str] = cache.get_or_set("badge:switches", _turned, FRESH_S) or []
    return [" · ".join([*words, *turned]), "danger" if turned else _TONES.get(settings.HUB_ENV, "warning")]


def _turned() -> list[str]:
    """Switches that people have turned away from run."""
    return [f"{s.switch} on {s.mode}" for s in switches.newest().values() if s.mode not in (switches.Mode.RUN, switches.OFF)]
