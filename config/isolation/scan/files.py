"""Which files are the project's own source."""

import os
from collections.abc import Iterator
from pathlib import Path

_ENDINGS = (".py", ".sql")
_LEFT_OUT = frozenset({"tests", "docs", "__pycache__", "node_modules"})


def sources(root: Path) -> Iterator[Path]:
    """Tests attack on purpose and are left out; so are virtual environments and what begins with a dot."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if not _left_out(here / name))
        yield from (here / name for name in sorted(names) if name.endswith(_ENDINGS))


def _left_out(folder: Path) -> bool:
    return folder.name in _LEFT_OUT or folder.name.startswith(".") or (folder / "pyvenv.cfg").exists()
