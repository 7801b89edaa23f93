"""Whose turn it is to renew: one process of all, for a short time. Who dies with it only makes the others wait that long."""

import secrets

from config.isolation.redis.client import UnitRedis

HELD_MS = 12_000  # longer than one call to any token endpoint
_PROLONG = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
_GIVE_BACK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Turn:
    """At one key. Each time it is taken under a number of its own, so that what is another's is never prolonged."""

    def __init__(self, client: UnitRedis, key: str) -> None:
        self._client, self._key, self._number = client, key, ""

    def take(self) -> bool:
        self._number = secrets.token_hex(8)
        return bool(self._client.set(self._key, self._number, nx=True, px=HELD_MS))

    def prolong(self) -> bool:
        """False: it has become somebody else's."""
        return bool(self._client.eval(_PROLONG, 1, self._key, self._number, str(HELD_MS)))

    def give_back(self) -> None:
        self._client.eval(_GIVE_BACK, 1, self._key, self._number)
