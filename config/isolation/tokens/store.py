"""A vendor's tokens in Redis, sealed: `salesforce:tokens:default`, `ghl:tokens:<account>`. Never logged, never in clear."""

import logging
import re
from typing import Any

import redis

from config.isolation.errors import IsolationError
from config.isolation.manifest import BY_NAME
from config.isolation.redis.client import unit_redis
from config.isolation.tokens.seal import Seal, SealBroken

log = logging.getLogger(__name__)

DISK_PATIENCE_MS = 2000  # below the socket's timeout
# Only where nobody has saved newer tokens meanwhile: a refresh token that was used up must not come back.
REPLACE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL') return 1 end return 0"


class TokensUnreadable(IsolationError):
    """There are tokens and they cannot be opened. The message says what to do."""


class TokenStore:
    """The tokens of one account of a unit. Only code that acts as the unit reaches them."""

    def __init__(self, unit: str, account: str = "default") -> None:
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", account):
            raise ValueError("An account's name is made of letters, digits, '_', '.' and '-'.")
        prefix = BY_NAME[unit].redis[0].removesuffix("*")
        self.unit, self.account = unit, account
        self.key, self._accounts = f"{prefix}tokens:{account}", f"{prefix}tokens"
        self._seal = Seal(unit, self.key)
        self._redis = unit_redis(unit, decode_responses=True)

    def load(self) -> dict[str, Any] | None:
        """None where there are none. Raises TokensUnreadable, SealKeysMissing, and what Redis raises."""
        sealed: Any = self._redis.get(self.key)
        if sealed is None:
            return None
        content = self._open(sealed)
        if not self._seal.is_newest(sealed):
            self._reseal(sealed, content)
        return content

    def save(self, tokens: dict[str, Any]) -> bool:
        """Whether the server says that they are on its disk; they are stored in any case."""
        sealed = self._seal.close(tokens)
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.sadd(self._accounts, self.account)  # first: a stored token that nobody remembers would never be resealed
            pipe.set(self.key, sealed)
            *written, on_disk = self._to_disk(pipe)
        for answer in written:
            if isinstance(answer, Exception):
                raise answer
        return self._is_on_disk(on_disk)

    def exchange(self, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Save `new` if `old` is what is stored. False where somebody has saved others meanwhile, or nothing is there.

        For a vendor whose refresh tokens are used up: whoever comes late must not bring a used one back.
        """
        while True:
            sealed: Any = self._redis.get(self.key)
            if sealed is None or self._open(sealed) != old:
                return False
            if self._reseal(sealed, new):
                return True  # else it was sealed with a newer key in between, or is another by now: look again

    def delete(self) -> None:
        with self._redis.pipeline() as pipe:
            pipe.delete(self.key)
            pipe.srem(self._accounts, self.account)
            pipe.execute()

    def reseal(self) -> bool:
        """Seal what is stored with the newest key. False where that was not needed. Raises TokensUnreadable."""
        sealed: Any = self._redis.get(self.key)
        if sealed is None:
            return False
        content = self._open(sealed)
        return not self._seal.is_newest(sealed) and self._reseal(sealed, content)

    def is_sealed_with_newest(self) -> bool:
        sealed: Any = self._redis.get(self.key)
        return sealed is None or self._seal.is_newest(sealed)

    def _open(self, sealed: str) -> dict[str, Any]:
        try:
            return self._seal.open(sealed)
        except SealBroken as error:
            raise TokensUnreadable(
                f"The tokens at {self.key} cannot be opened. {error} Put the keys they were sealed with back into that file, "
                f"below the newest; or connect the account '{self.account}' of '{self.unit}' again, which replaces them."
            ) from error

    def _reseal(self, sealed: str, content: dict[str, Any]) -> bool:
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.eval(REPLACE, 1, self.key, sealed, self._seal.close(content))
            replaced, on_disk = self._to_disk(pipe)
        if isinstance(replaced, Exception):
            raise replaced
        self._is_on_disk(on_disk)
        return bool(replaced)

    def _to_disk(self, pipe: Any) -> list[Any]:
        """Send what is queued and wait, on the same connection, until the server has it on its disk."""
        pipe.execute_command("WAITAOF", 1, 0, DISK_PATIENCE_MS)
        answers: list[Any] = pipe.execute(raise_on_error=False)
        return answers

    def _is_on_disk(self, answer: Any) -> bool:
        if isinstance(answer, redis.ResponseError):  # before Redis 7.2, or no append-only file: it keeps what it keeps
            log.debug("Redis cannot say whether %s is on its disk: %s", self.key, answer)
            return False
        if isinstance(answer, Exception):
            raise answer
        if not answer[0]:
            log.warning("Redis did not say within %d ms that %s is on its disk.", DISK_PATIENCE_MS, self.key)
        return bool(answer[0])


def accounts(unit: str) -> list[str]:
    """The accounts of the unit that have tokens."""
    prefix = BY_NAME[unit].redis[0].removesuffix("*")
    found: Any = unit_redis(unit, decode_responses=True).smembers(f"{prefix}tokens")
    return sorted(found)
