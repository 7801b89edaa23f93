from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from config.checks import SETTINGS

LINKS = ("HUB_GHL_CONTACT_LINK", "HUB_GHL_OPPORTUNITY_LINK")


@register(SETTINGS)
def links_lead_to_a_record(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A person clicks on them: they name the record, and are no script."""
    hint = "Such as https://app.example.com/v2/location/{location}/contacts/detail/{id}; empty: the admin shows the id alone."
    return [
        Error(f"{name} is no address with {{id}} in it.", hint=hint, id="hub.E041")
        for name in LINKS
        if (link := getattr(settings, name)) and not (link.startswith(("https://", "http://")) and "{id}" in link)
    ]
