"""A home elsewhere for PostgreSQL's files, when root's folders are closed to the account it runs as.

Typical is a clone below /root. We never open a folder that is not ours: we make one in a place that is open.
"""

import hashlib
import os
from itertools import count
from pathlib import Path

from config.embedded.account import Account
from config.embedded.errors import EmbeddedError
from config.embedded.processes import can_enter


def make(data_dir: Path, account: Account, within_reach: Path) -> Path:
    """`within_reach` names what should have been, and is not."""
    base = Path(os.environ.get("HUB_PG_HOME") or "/var/lib").absolute()
    home = base / name(data_dir)
    try:
        _make_folder(home)
    except OSError as error:
        raise _unreachable(within_reach, account, f"{home} cannot be made: {error.strerror}") from error
    if home.stat().st_uid != 0:
        raise _unreachable(within_reach, account, f"{home} belongs to somebody else")
    if closed := closed_folder(account, home):
        raise _unreachable(within_reach, account, f"{closed} is closed to it too")
    return home


def set_aside(folder: Path) -> Path | None:
    """Where what stood in `folder` is now; None where nothing did. Its passwords went with the plan, so nobody can use it."""
    if not folder.exists():
        return None
    taken = [path.name for path in folder.parent.glob(f"{folder.name}-left-*")]
    aside = folder.with_name(next(f"{folder.name}-left-{n}" for n in count(1) if f"{folder.name}-left-{n}" not in taken))
    folder.rename(aside)
    return aside


def name(data_dir: Path) -> str:
    return f"hub-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:10]}"


def recorded(data_dir: Path, home: str) -> Path:
    """The home that the plan names. If the plan came here from another folder, its home is not yet ours."""
    old = Path(home)
    new = old.with_name(name(data_dir))
    if old == new or new.exists():
        return new
    raise EmbeddedError(
        f"{data_dir} was moved or copied here, and its database is still in {old} of the old place: "
        f"if it was moved, rename that folder to {new}; if it was copied, remove {data_dir} to start anew."
    )


def closed_folder(account: Account, folder: Path) -> Path | None:
    """The first folder on the way that the account cannot enter, if there is one."""
    if can_enter(account, folder):
        return None
    return next((step for step in reversed(folder.parents) if not can_enter(account, step)), folder)


def _make_folder(home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    try:
        home.mkdir()
    except FileExistsError:
        return
    home.chmod(0o711)


def _unreachable(wanted: Path, account: Account, why: str) -> EmbeddedError:
    closed = closed_folder(account, wanted) or wanted
    return EmbeddedError(
        f"PostgreSQL must run as {account.name}, not as root, and {closed} is closed to that account; {why}. "
        f"Open the folder (chmod o+x {closed}), or set HUB_PG_HOME to a folder that everybody can enter."
    )
