"""A refresh token that nobody uses for 30 days is dead where the app has that limit, so it is used every day."""

from config.isolation.egress.retries import Stats
from salesforce.http import shared_redis
from salesforce.oauth.tokens import OAuthTokens

OLD_S = 20 * 3600


def keep_alive(stats: Stats) -> bool:
    """Whether it was renewed. Raises a SalesforceError where it could not be."""
    tokens = OAuthTokens(shared_redis())
    grant = tokens.stored()
    if grant is None or not grant.refresh_token or grant.age() < OLD_S:
        return False
    return tokens.renew(grant.access_token, stats)
