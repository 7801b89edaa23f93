"""After the whole run: every key in the suite's Redis is one the manifest knows. A stray key fails the run and is named.

A plugin of pytest, loaded by `tests/conftest.py`. Each process of the run looks at its own database; under xdist the
workers tell the controller, because a worker's exit status is not the run's.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

import pytest
import redis
from django.conf import settings

from config.isolation.manifest import BUS_KEYS, UNITS

_FOUND = pytest.StashKey[list[str]]()
_PATTERNS = (BUS_KEYS, *(pattern for unit in UNITS for pattern in unit.redis))


def stray(keys: Iterable[str]) -> list[str]:
    return sorted(key for key in keys if not any(fnmatchcase(key, pattern) for pattern in _PATTERNS))


def take_strays() -> list[str]:
    """Stray keys of this process's database. They are removed: the next run shall not find them again."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5)
    try:
        found = stray(key.decode(errors="replace") for key in client.scan_iter(count=1000))
        if found:
            client.delete(*found)
    except redis.ConnectionError:  # no test of this run needed Redis, so nobody started it
        return []
    finally:
        client.close()
    return found


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """On xdist's controller: what a worker found before it ended."""
    collected = node.config.stash.setdefault(_FOUND, list[str]())
    collected += getattr(node, "workeroutput", {}).get("stray_keys", [])


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    found = session.config.stash.setdefault(_FOUND, list[str]())
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["stray_keys"] = take_strays()
        return
    if getattr(session.config.option, "dist", "no") == "no":  # else the workers did the work, and the looking
        found += take_strays()
    if found and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for key in config.stash.get(_FOUND, []):
        terminalreporter.write_line(
            f"FAILED: the run left the key {key!r} in Redis, which no unit of the manifest owns: "
            "write below your unit's prefix, or remove it in the test that makes it.",
            red=True,
        )
