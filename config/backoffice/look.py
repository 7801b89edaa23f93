"""Name, colours, menu and badges of the back office: settings of the theme (django-unfold)."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static


def logo(request: HttpRequest) -> str:
    return static("backoffice/logo.svg")


def styles(request: HttpRequest) -> str:
    return static("backoffice/hub.css")


def script(request: HttpRequest) -> str:
    return static("backoffice/hub.js")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Integration hub",
    "SITE_HEADER": "Integration hub",
    "SITE_SUBHEADER": "Back office",
    "SITE_URL": None,
    "SITE_ICON": "config.backoffice.look.logo",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "sizes": "any", "href": "config.backoffice.look.logo"}],
    "SHOW_HISTORY": True,
    "SHOW_BACK_BUTTON": False,
    "ENVIRONMENT": "config.backoffice.badge.environment",
    "DASHBOARD_CALLBACK": "config.backoffice.dashboard.fill",
    "STYLES": ["config.backoffice.look.styles"],
    "SCRIPTS": ["config.backoffice.look.script"],
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "config.backoffice.navigation.groups",
    },
    "COMMAND": {"search_callback": "config.backoffice.palette.search"},
    "COLORS": {
        "primary": {
            "50": "#eef6fb",
            "100": "#d6eaf5",
            "200": "#b1d7eb",
            "300": "#7dbcdc",
            "400": "#459bc6",
            "500": "#257fac",
            "600": "#1a668f",
            "700": "#175274",
            "800": "#174560",
            "900": "#183a51",
            "950": "#0f2536",
        },
    },
}
