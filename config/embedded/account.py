"""The account that the servers run as. PostgreSQL refuses root, so root hands over to one without power."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @property
    def name(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return f"number {self.uid}"


def owner_of(folder: Path) -> Account | None:
    """Whom root must become to use the folder; None for "stay who we are"."""
    found = folder.stat()
    if os.geteuid() != 0 or found.st_uid == 0:
        return None
    return Account(found.st_uid, found.st_gid)


def for_servers(data_dir: Path) -> Account | None:
    """None for an ordinary user. For root: whose folder it is; if it is root's own, one without power."""
    if os.geteuid() != 0:
        return None
    return owner_of(data_dir) or _chosen()


def _chosen() -> Account:
    wanted = os.environ.get("HUB_PG_USER")
    for name in [wanted] if wanted else ["postgres", "nobody"]:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid == 0:
            raise EmbeddedError(f"HUB_PG_USER={name} is root, which PostgreSQL refuses: name another account.")
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        f"PostgreSQL refuses to run as root, and there is no account {wanted or 'postgres or nobody'}: "
        "set HUB_PG_USER to an ordinary account, or run the hub as an ordinary user."
    )
