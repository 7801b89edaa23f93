from typing import Any

from django.core.checks import CheckMessage, Error, register

from config.checks import SETTINGS
from integrations.ghl.webhooks.signatures import BadKey, check_keys


@register(SETTINGS)
def webhook_keys_are_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        check_keys()
    except BadKey as error:
        hint = (
            "HUB_GHL_WEBHOOK_KEY is an Ed25519 key, HUB_GHL_WEBHOOK_LEGACY_KEY an RSA key, in base64 or PEM; unset they are "
            "GoHighLevel's own; none refuses what is signed with it."
        )
        return [Error(f"A key that webhooks are signed with cannot be used: {error}.", hint=hint, id="hub.E040")]
    return []
