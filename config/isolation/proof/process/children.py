"""Fences 5 and 6, tried out: for each unit a process as its worker is one, which tries to call and to act as others."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings

from config.isolation.manifest import OWNER_ALIAS, UNITS, Unit
from config.isolation.process import environment_for
from config.isolation.proof.acts import Act, Result
from config.isolation.proof.process.fingerprints import fingerprint
from config.isolation.proof.process.traps import Trap, traps

ROOT = Path(__file__).resolve().parents[4]
CHILD = "config.isolation.proof.process.child"
PATIENCE_S = 60


def results() -> Iterator[Result]:
    """One process a unit, as many at a time as there are processors."""
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for found in pool.map(_try_as, UNITS):
            yield from found


def _try_as(unit: Unit) -> list[Result]:
    with traps() as (own, foreign):
        found = _run_child(unit, own, foreign)
        return [*found, _arrivals(unit, foreign)]


def _run_child(unit: Unit, own: Trap, foreign: Trap) -> list[Result]:
    order = {"unit": unit.name, "own": own.url, "foreign": foreign.url, "others": _passwords_of_others(unit)}
    environment = environment_for([unit]) | {api.setting: own.url for api in unit.apis}
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings"  # as a worker has them, whoever asks
    done = subprocess.run(
        [sys.executable, "-m", CHILD], input=json.dumps(order), env=environment, cwd=ROOT,
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    try:
        rows: list[dict[str, Any]] = json.loads(done.stdout)
    except ValueError:
        said = (done.stderr.strip() or "no word").splitlines()[-1]
        return [Result(Act(unit.name, "process", unit.name, "starting with its own credentials", True), False, said)]
    return [Result(Act(**{k: row[k] for k in Act.__match_args__}), row["worked"], row["detail"]) for row in rows]


def _arrivals(unit: Unit, foreign: Trap) -> Result:
    """The server that nobody may call is asked as well: it saw whatever got through, whatever the process says."""
    act = Act(unit.name, "http", "somebody else's server", "reaching it, as seen from there", False)
    return Result(act, bool(foreign.reached), f"reached: {', '.join(foreign.reached[:5])}" if foreign.reached else "nobody came")


def _passwords_of_others(unit: Unit) -> dict[str, list[str]]:
    """unit name, or "owner" -> fingerprints of the passwords that open its compartments."""
    shared = {_password(settings.REDIS_URLS.get(unit.name, "")), _password(settings.CELERY_BROKER_URL), ""}
    found = {"owner": {settings.DATABASES[OWNER_ALIAS]["PASSWORD"], _password(settings.REDIS_URL), settings.HUB_SECRET_KEY}}
    for other in UNITS:
        if other != unit:
            found[other.name] = {settings.DATABASES[other.alias]["PASSWORD"], _password(settings.REDIS_URLS[other.name])}
    return {name: [fingerprint(p) for p in sorted(passwords - shared)] for name, passwords in found.items()}


def _password(url: str) -> str:
    return unquote(urlsplit(url).password or "")
