"""The file of a unit's sealing keys: one Fernet key a line, newest first; lines that start with # are remarks."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.embedded.errors import EmbeddedError
from config.embedded.files import make_private_folder, open_private, sync_folder, write_private
from config.embedded.locks import locked
from config.isolation.errors import IsolationError

LOCK_PATIENCE_S = 30
Stamp = tuple[int, int, int]


class SealKeysMissing(IsolationError):
    """No key, or no readable one. The message says where and how to make one."""


def key_file(unit: str) -> "KeyFile":
    if unit not in settings.SEAL_KEYS_FILES:
        raise ImproperlyConfigured(f"'{unit}' keeps no tokens: give it `tokens=True` in config/isolation/manifest.py.")
    return _key_file(unit, settings.SEAL_KEYS_FILES[unit])


@cache
def _key_file(unit: str, path: Path) -> "KeyFile":
    return KeyFile(unit, path)


class KeyFile:
    """Read again when it has changed, so that keys can be changed while processes run."""

    def __init__(self, unit: str, path: Path) -> None:
        self.unit, self.path = unit, path
        self._seen: tuple[Stamp, tuple[str, ...]] | None = None

    def keys(self, *, afresh: bool = False) -> tuple[str, ...]:
        """Raises SealKeysMissing. Outside production the first key is made here at first need."""
        stamp = self._stamp()
        if stamp is None:
            if settings.PRODUCTION:
                raise SealKeysMissing(f"There are no keys to seal the tokens of '{self.unit}' with, {self._advice()}")
            self.make()
            stamp = self._stamp()
        if afresh or self._seen is None or self._seen[0] != stamp:
            assert stamp is not None
            self._seen = (stamp, self._read())
        return self._seen[1]

    def make(self) -> None:
        """The first key, on disk before anything is sealed with it. Of several at once one makes it."""
        self._make_folder()
        fresh = self.path.with_name(f"{self.path.name}.{secrets.token_hex(8)}.new")
        with open(open_private(fresh, os.O_WRONLY | os.O_EXCL), "w", encoding="utf-8") as file:
            file.write(f"{new_key()}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, self.path)  # unlike a rename it does not replace what another process has made
        except FileExistsError:
            return
        finally:
            fresh.unlink()
        sync_folder(self.path.parent)

    def replace(self, keys: tuple[str, ...]) -> None:
        """Only under `changing`."""
        write_private(self.path, "".join(f"{key}\n" for key in keys))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One process at a time changes the file."""
        self._make_folder()
        try:
            with locked(self.path.with_name(f"{self.path.name}.lock"), LOCK_PATIENCE_S):
                yield
        except EmbeddedError as error:
            raise SealKeysMissing(f"Another process is changing {self.path}: wait for it to end, and try again.") from error
        except OSError as error:
            raise SealKeysMissing(
                f"{self.path} cannot be changed here ({error.strerror}): change it where it comes from, newest key first."
            ) from error

    def _make_folder(self) -> None:
        missing = [folder for folder in self.path.parents if not folder.exists()]
        for folder in reversed(missing):
            make_private_folder(folder)

    def _stamp(self) -> Stamp | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> tuple[str, ...]:
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
            keys = tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
            for key in keys:
                Fernet(key)  # says whether it is one
        except (OSError, ValueError) as error:
            raise SealKeysMissing(f"The sealing keys of '{self.unit}' cannot be read, {self._advice()}") from error
        if not keys:
            raise SealKeysMissing(f"The file of the sealing keys of '{self.unit}' is empty, {self._advice()}")
        return keys

    def _advice(self) -> str:
        return (
            f"in {self.path}: put the file back from where you keep a copy. If there never was one, "
            f"`manage.py seal rotate --unit {self.unit}` makes it; {self.unit.upper()}_SEAL_KEYS_FILE names another place."
        )


def new_key() -> str:
    return Fernet.generate_key().decode()
