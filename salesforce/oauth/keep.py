"""The grant where it lives: sealed in Redis, with a sealed copy in our schema from which it comes back when Redis lost it."""

import logging

from django.db import DatabaseError

from config.isolation.errors import IsolationError
from config.isolation.manifest import BY_NAME
from config.isolation.tokens.seal import Seal, SealBroken
from config.isolation.tokens.store import TokenStore
from salesforce.errors import NotAuthorized
from salesforce.models import TokenCopy
from salesforce.oauth.grant import Grant

log = logging.getLogger(__name__)

UNIT, ACCOUNT = "salesforce", "default"
ALIAS = BY_NAME[UNIT].alias


class Keep:
    """Every method may raise what Redis raises; the copy is best effort, and only Redis' word counts while it has one."""

    def __init__(self) -> None:
        self._store = TokenStore(UNIT, ACCOUNT)
        self._seal = Seal(UNIT, f"copy of {self._store.key}")

    def load(self) -> Grant | None:
        """None: nobody has connected. Raises NotAuthorized where there is something that cannot be opened."""
        try:
            found = self._store.load()
        except IsolationError as error:
            raise NotAuthorized(str(error)) from error
        return Grant(**found) if found else self._restored()

    def newest(self) -> Grant | None:
        """As `load`; but a copy of a later generation counts: Redis may have come back from an older file."""
        stored, copy = self.load(), self._copy()
        if stored is None or copy is None or copy.generation <= stored.generation or copy.login_url != stored.login_url:
            return stored
        log.warning("Redis has older tokens of Salesforce than the database: the database's are put back.")
        self._store.exchange(stored.as_dict(), copy.as_dict())
        return self.load()

    def save(self, grant: Grant) -> None:
        """In any case."""
        self._note_copy(grant)
        self._store.save(grant.as_dict())

    def exchange(self, old: Grant, new: Grant) -> bool:
        """In the place of `old` alone. The copy first: it outlives us even where we die before Redis has it."""
        self._note_copy(new)
        return self._store.exchange(old.as_dict(), new.as_dict())

    def delete(self) -> None:
        self._store.delete()
        TokenCopy.objects.using(ALIAS).filter(pk=ACCOUNT).delete()

    def _restored(self) -> Grant | None:
        copy = self._copy()
        if copy is not None:
            log.warning("Redis has lost Salesforce's tokens: they come back from the copy in the database.")
            self._store.save(copy.as_dict())
        return copy

    def _copy(self) -> Grant | None:
        try:
            row = TokenCopy.objects.using(ALIAS).filter(pk=ACCOUNT).first()
        except DatabaseError as error:
            log.warning("The copy of Salesforce's tokens cannot be read just now: %s", type(error).__name__)
            return None
        try:
            return Grant(**self._seal.open(row.sealed)) if row else None
        except SealBroken:  # sealed with keys that were dropped: the next renewal makes another
            return None

    def _note_copy(self, grant: Grant) -> None:
        values = {"sealed": self._seal.close(grant.as_dict()), "generation": grant.generation}
        try:
            TokenCopy.objects.using(ALIAS).update_or_create(pk=ACCOUNT, defaults=values)
        except DatabaseError as error:
            log.warning("Salesforce's new tokens could not be copied to the database: %s", type(error).__name__)
