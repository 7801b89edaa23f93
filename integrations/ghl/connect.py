"""A client that is ready to call: the settings, the token and the unit's Redis put together."""

import time
from collections.abc import Callable

from django.conf import settings

from integrations.ghl.client import Client
from integrations.ghl.errors import NotAuthorized
from integrations.ghl.http import Transport, shared_redis
from integrations.ghl.oauth import tokens_for
from integrations.ghl.versions import BY_HEADER


def client(sleep: Callable[[float], None] = time.sleep) -> Client:
    """Raises NotAuthorized, with a sentence that says what to set."""
    if not settings.GHL_LOCATION_ID:
        raise NotAuthorized("GHL_LOCATION_ID is not set: the id of the sub-account, from its settings page.", 0)
    return Client(Transport(tokens_for(settings, sleep), BY_HEADER[settings.GHL_API_VERSION], shared_redis(), sleep))
