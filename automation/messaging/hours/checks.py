from typing import Any

from django.core.checks import CheckMessage, Error, register

from automation.messaging.hours.company import BadHours, company
from config.checks import SETTINGS


@register(SETTINGS)
def the_companys_hours_can_be_read(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        company()
    except BadHours as bad:
        return [Error(str(bad), hint="See .env.example. Until then no message leaves.", id="hub.E048")]
    return []
