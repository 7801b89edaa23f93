"""What an emulator was told, kept in a file for the next start of the same company."""

from pathlib import Path

import msgspec

from config.sandbox.files import write
from config.sandbox.origin import Origin
from config.sandbox.vendors import Memory


class _File(msgspec.Struct):
    origin: Origin
    kept: msgspec.Raw


class Keeper:
    """For one process at a time. What came in after the last saving is lost if the process is killed."""

    def __init__(self, path: Path, origin: Origin, memory: Memory) -> None:
        self._path = path
        self._origin = origin
        self._memory = memory
        self._saved = memory.writes

    def load(self) -> None:
        """Nothing where the file is another company's. Raises ValueError where it is no such file."""
        try:
            file = msgspec.json.decode(self._path.read_bytes(), type=_File)
            if file.origin.same_as(self._origin):
                self._memory.restore(bytes(file.kept))
        except FileNotFoundError:
            return
        except msgspec.MsgspecError as error:
            raise ValueError(f"{self._path} is not readable ({error}). Remove it to begin with nothing.") from error

    def save(self) -> None:
        """Where anything may have changed."""
        writes = self._memory.writes  # read first: what is written meanwhile is saved once more
        if writes == self._saved:
            return
        write(self._path, msgspec.json.encode(_File(self._origin, msgspec.Raw(self._memory.kept()))))
        self._saved = writes
