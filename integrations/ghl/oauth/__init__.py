"""OAuth for a Marketplace app: a person consents once, and from then on the hub renews its tokens by itself.

    consent   the address where a person consents, and what to do with the code it ends in (`manage.py ghl_connect`)
    endpoint  the vendor's token endpoint
    tokens    current tokens for all processes, renewed by one of them
    standing  what is known besides: that a person must connect again
"""

from integrations.ghl.oauth.tokens import OAuthTokens, tokens_for

__all__ = ["OAuthTokens", "tokens_for"]
