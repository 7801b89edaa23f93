"""Files that nobody but their owner may read; a kill at any moment leaves the old one or the new one.

As root, a file takes the owner of its folder: one `sudo manage.py` must not lock the real owner out.
"""

import os
import shutil
from pathlib import Path

LOG_LIMIT = 10 * 1024 * 1024
LOG_KEPT = 1024 * 1024


def open_private(path: Path, flags: int) -> int:
    """Follows no link: where the folder is another account's, that must not lead root to a file elsewhere."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    folder = path.parent.stat()
    if os.geteuid() == 0 and os.fstat(descriptor).st_uid != folder.st_uid:
        os.fchown(descriptor, folder.st_uid, folder.st_gid)
    return descriptor


def write_private(path: Path, text: str) -> None:
    """Only for one writer at a time: the caller holds a lock."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with open(open_private(fresh, os.O_WRONLY | os.O_EXCL), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    parent = folder.parent.stat()
    if os.geteuid() == 0 and folder.stat().st_uid != parent.st_uid:
        os.chown(folder, parent.st_uid, parent.st_gid)


def copy_readable(source: Path, target: Path) -> None:
    """Copy a tree so that every account may read and run it, whatever umask the source was made under."""
    ignored = shutil.ignore_patterns("include", "__pycache__")
    shutil.copytree(source, target, ignore=ignored)
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def shorten_log(log: Path) -> None:
    """Keep the end of a log that grew too long. Its server has the file open, so it is cut in place."""
    try:
        if log.lstat().st_size <= LOG_LIMIT:
            return
        descriptor = os.open(log, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    with open(descriptor, "r+b") as file:
        file.seek(-LOG_KEPT, os.SEEK_END)
        file.readline()  # the rest of a line that began before
        kept = file.read()
        file.seek(0)
        file.truncate()
        file.write(kept)


def size_of(folder: Path) -> int:
    """Bytes of all files below; those that vanish meanwhile count nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except FileNotFoundError:
                continue
    return total
