"""Who may call: people who are logged in to the back office, and programs with a key that was made there.

Three scopes, each with those before it: read, sync, connect. People have them by their rights in the admin.
"""

import hashlib
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import APIKeyCookie, HttpBearer

from config.isolation.actor import acting_as
from salesforce.models import ApiKey

PREFIX = "hub_"
SHOWN = 12  # of a key's characters, that tell it from others
Scope = ApiKey.Scope
ORDER = (Scope.READ, Scope.SYNC, Scope.CONNECT)
SYNC_RIGHT = "salesforce.add_syncrun"  # "can add Salesforce run": whoever may start one
CONNECT_RIGHT = "salesforce.change_org"


class Forbidden(Exception):
    """The message says which scope is needed."""


def new_key() -> tuple[str, str, str]:
    """(the key, which is shown once; its beginning; what is kept of it)"""
    key = PREFIX + secrets.token_urlsafe(32)
    return key, key[:SHOWN], digest(key)


def digest(key: str) -> str:
    """Keys are long and random: a plain hash cannot be guessed back."""
    return hashlib.sha256(key.encode()).hexdigest()


class Session(APIKeyCookie):
    """Somebody who is logged in to the back office. A call that changes something needs Django's CSRF token."""

    param_name = "sessionid"
    openapi_description = "Logged in to the admin. Send the CSRF token of the cookie in X-CSRFToken with a POST."

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user: Any = request.user
        if not (user.is_authenticated and user.is_active and user.is_staff):
            return None
        if user.has_perm(CONNECT_RIGHT):
            return _known(request, user.get_username(), Scope.CONNECT)
        return _known(request, user.get_username(), Scope.SYNC if user.has_perm(SYNC_RIGHT) else Scope.READ)


class Key(HttpBearer):
    """`Authorization: Bearer hub_...`: made in the admin under Salesforce, API keys."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Read by the back office, as whom every request begins."""
        row = ApiKey.objects.filter(prefix=token[:SHOWN], revoked_at__isnull=True).first()
        if row is None or not secrets.compare_digest(row.hash, digest(token)):
            return None
        if row.until is not None and row.until <= timezone.now():
            return None
        return _known(request, f"key {row.name}", row.scope)


def _known(request: HttpRequest, who: str, scope: str) -> str:
    request.hub_scope = scope  # type: ignore[attr-defined] # ours, for `scoped`
    request.hub_who = who  # type: ignore[attr-defined]
    return who


def scoped(needed: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator of an operation: who calls needs the scope; what it does, it does as the unit."""

    def decorate(operation: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(operation)
        def checked(request: HttpRequest, *args: Any, **options: Any) -> Any:
            has = Scope(request.hub_scope)  # type: ignore[attr-defined]
            if ORDER.index(has) < ORDER.index(Scope(needed)):
                raise Forbidden(f"This needs the scope '{needed}', and you have '{has}'.")
            with acting_as("salesforce"):
                return operation(request, *args, **options)

        return checked

    return decorate


def who(request: HttpRequest) -> str:
    """For the row of a run."""
    return f"API: {request.hub_who}"[:200]  # type: ignore[attr-defined]
