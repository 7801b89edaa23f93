from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.cache import SessionStore as CacheStore
from django.core.cache import caches


class SessionStore(CacheStore):
    """Django's own takes an error of Redis for an expired session, and a moment without Redis logs everybody out."""

    def load(self) -> dict[str, Any]:
        """The session's data, or {} for one that has expired. Raises what Redis raises."""
        data = caches[settings.SESSION_CACHE_ALIAS].get(self.cache_key)
        if data is None:
            self._session_key = None
            return {}
        return dict(data)


def session_key(key: str, key_prefix: str, version: int) -> str:
    """The people's sessions lie at exactly `session:<id>`: no version, no prefix of Django's."""
    return f"session:{key.removeprefix('django.contrib.sessions.cache')}"
