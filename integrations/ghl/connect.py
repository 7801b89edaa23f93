"""A client that is ready to call: the settings, the token and the unit's Redis put together."""

import time
from collections.abc import Callable

from django.conf import settings

from integrations.ghl.client import Client
from integrations.ghl.errors import NotAuthorized
from integrations.ghl.http import Transport, shared_redis
from integrations.ghl.tokens import PrivateToken, Tokens
from integrations.ghl.versions import BY_HEADER


def client(sleep: Callable[[float], None] = time.sleep) -> Client:
    """Raises NotAuthorized, with a sentence that says what to set."""
    if not settings.GHL_LOCATION_ID:
        raise NotAuthorized("GHL_LOCATION_ID is not set: the id of the sub-account, from its settings page.", 0)
    return Client(Transport(tokens(), BY_HEADER[settings.GHL_API_VERSION], shared_redis(), sleep))


def tokens() -> Tokens:
    if settings.GHL_API_TOKEN:
        return PrivateToken(settings.GHL_API_TOKEN)
    raise NotAuthorized("No way to log in to GoHighLevel is set: GHL_API_TOKEN, a private integration's token.", 0)
