from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from config.checks import SETTINGS
from config.isolation.actor import may_act_as

# What nearly every template names, and what the law wants under marketing by e-mail.
_OF_THE_COMPANY = ("HUB_COMPANY_NAME", "HUB_COMPANY_PHONE", "HUB_COMPANY_ADDRESS")


@register(SETTINGS)
def the_company_can_be_named(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    missing = [name for name in _OF_THE_COMPANY if not getattr(settings, name)]
    if not missing or not settings.MESSAGING_ENABLED or not may_act_as("automation"):
        return []
    hint = "Set them (see .env.example), or MESSAGING_ENABLED=false: what names one of them is not sent, nor marketing by e-mail."
    return [checks.Warning(f"Messages cannot say who writes, not set: {', '.join(missing)}.", hint=hint, id="hub.W042")]


@register(SETTINGS)
def a_segment_has_a_price(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        price = Decimal(settings.HUB_SMS_SEGMENT_COST)
    except InvalidOperation:
        price = Decimal(-1)
    if price.is_finite() and price >= 0:
        return []
    hint = "Write what one part of a text message costs, such as 0.0083."
    return [Error(f"HUB_SMS_SEGMENT_COST is {settings.HUB_SMS_SEGMENT_COST!r}.", hint=hint, id="hub.E042")]
