"""Logging in to Salesforce: by a person's consent, as the app's own user, or with a signed assertion."""

from salesforce.oauth.tokens import OAuthTokens

__all__ = ["OAuthTokens"]
