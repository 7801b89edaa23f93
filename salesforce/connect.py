"""A client that is ready to call: the settings, the tokens and the unit's Redis put together."""

import time
from collections.abc import Callable

from django.conf import settings

from salesforce.client import Client
from salesforce.errors import NotAuthorized
from salesforce.http import Transport, shared_redis
from salesforce.oauth.tokens import OAuthTokens


def client(sleep: Callable[[float], None] = time.sleep) -> Client:
    """Raises NotAuthorized, with a sentence that says what to set."""
    needed = {"SALESFORCE_CLIENT_ID": settings.SALESFORCE_CLIENT_ID}
    if settings.SALESFORCE_FLOW == "jwt":
        needed |= {name: getattr(settings, name) for name in ("SALESFORCE_JWT_USERNAME", "SALESFORCE_JWT_KEY_FILE")}
    else:
        needed["SALESFORCE_CLIENT_SECRET"] = settings.SALESFORCE_CLIENT_SECRET
    if missing := [name for name, value in needed.items() if not value]:
        raise NotAuthorized(f"Not set: {', '.join(missing)}. They are on the page of your External Client App in Salesforce.")
    redis = shared_redis()
    return Client(Transport(OAuthTokens(redis, sleep), redis, sleep))
