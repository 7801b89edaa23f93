"""How the hub logs in at GoHighLevel, noted for people: the web process has neither the token nor these settings."""

import hashlib
from typing import Any

from django.conf import settings
from django.utils import timezone

PRIVATE, OAUTH = "private", "oauth"


def described(before: dict[str, Any]) -> dict[str, Any]:
    """`before`: what was noted last. `since`: when this token, or this app, was first used; nobody tells when it was made."""
    mark = _mark()
    return {
        "kind": PRIVATE if settings.GHL_API_TOKEN else OAUTH,
        "mark": mark,
        "since": before["since"] if before.get("mark") == mark else timezone.now().isoformat(),
        "version": settings.GHL_API_VERSION,
        "calls_per_10_s": settings.GHL_CALLS_PER_10_S,
        "daily_calls": settings.GHL_DAILY_CALLS,
        "brake_percent": settings.GHL_BRAKE_PERCENT,
    }


def _mark() -> str:
    """Tells one token from another, and nothing about it: too short to be searched for. OAuth tokens change every day."""
    told = settings.GHL_API_TOKEN or f"{settings.GHL_OAUTH_CLIENT_ID}\n{settings.GHL_LOCATION_ID}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]
