"""Fence 6: a process acts only as the units it was started for, and its environment holds nothing but their credentials.

A long-running command starts itself anew with such an environment before it does anything, so that even a machine that
knows every credential runs each worker as a deployed one would run: what a process does not hold it cannot give away.
"""

import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.management.base import CommandError

from config.embedded import ensure
from config.isolation.manifest import UNITS, Unit

# What opens more than one compartment: these never reach a process of a unit.
MASTER_KEYS = ("DATABASE_URL", "REDIS_URL", "HUB_SECRET_KEY")


def units_of(command: str) -> tuple[Unit, ...]:
    """The units that the manifest lets run in a command."""
    return tuple(unit for unit in UNITS if command in unit.runs_in)


def confine(command: str) -> None:
    """Return if this process was started for the units of `command`; else start it anew for them, which never returns.

    Raises CommandError where it was started for other units, or does not know their credentials.
    """
    wanted = units_of(command)
    names = tuple(unit.name for unit in wanted)
    if names == settings.HUB_UNITS:
        return
    if settings.HUB_UNITS:
        raise CommandError(
            f"{command} acts as {', '.join(names)}, and this process was started for {', '.join(settings.HUB_UNITS)} "
            "(HUB_UNITS): it refuses. Start the command from an environment without HUB_UNITS."
        )
    if settings.EMBEDDED:
        ensure(settings.HUB_DATA_DIR)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment_for(wanted))  # noqa: S606 - no shell


def environment_for(units: Sequence[Unit], base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`base`, this process's environment, with the credentials of `units` and of nobody else."""
    kept = {name: value for name, value in base.items() if _harmless(name) or _belongs(name, units)}
    own = {name: value for unit in units for name, value in _addresses(unit)}
    names = {unit.name for unit in units}
    web, links = "backoffice" in names, bool(names & {"backoffice", "automation"})
    return kept | own | {
        "HUB_UNITS": ",".join(unit.name for unit in units),
        "HUB_BUS_URL": settings.CELERY_BROKER_URL,
        "HUB_SIGNING_KEY": settings.SECRET_KEY if web else secrets.token_urlsafe(48),
        "HUB_LINK_KEY": settings.HUB_LINK_KEY if links else secrets.token_urlsafe(48),
        "HUB_EMBEDDED": str(settings.EMBEDDED).lower(),
        "HUB_ENV_FILE": os.devnull,  # read already; it may hold the others'
    }


def _harmless(name: str) -> bool:
    """Neither a master key nor anything under a unit's name; but everybody may know which units are switched off."""
    return name in _SWITCHES or (name not in MASTER_KEYS and not _belongs(name, UNITS))


_SWITCHES = {switch.setting for unit in UNITS for switch in unit.switches}


def _belongs(name: str, units: Sequence[Unit]) -> bool:
    return name.startswith(tuple(prefix for unit in units for prefix in unit.environment))


def _addresses(unit: Unit) -> list[tuple[str, str]]:
    login = settings.DATABASES.get(unit.alias)
    if not login:
        raise CommandError(f"A process of '{unit.name}' needs the unit's login: set {unit.name.upper()}_DATABASE_URL.")
    redis = settings.REDIS_URLS.get(unit.name)
    if not redis:
        raise CommandError(f"A process of '{unit.name}' needs the unit's Redis: set {unit.name.upper()}_REDIS_URL.")
    return [(f"{unit.name.upper()}_DATABASE_URL", database_url(login)), (f"{unit.name.upper()}_REDIS_URL", redis)]


def database_url(login: dict[str, object]) -> str:
    """A DATABASES entry as the address it was read from, with its options."""
    options = {k: v for k, v in dict(login["OPTIONS"]).items() if k not in ("application_name", "connect_timeout")}  # type: ignore[call-overload] # a dict, as Django wants it
    host = f"[{login['HOST']}]" if ":" in str(login["HOST"]) else login["HOST"]
    place = f"{quote(str(login['USER']), safe='')}:{quote(str(login['PASSWORD']), safe='')}@{host}:{login['PORT']}"
    return f"postgres://{place}/{quote(str(login['NAME']), safe='')}{'?' + urlencode(options) if options else ''}"
