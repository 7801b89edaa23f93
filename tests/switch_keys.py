"""After a test that turned a kill switch, it is at run again: its row goes with the test's database, its key would not.

A plugin of pytest, loaded by `tests/conftest.py`.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings

from config.isolation import switches
from config.isolation.manifest import SWITCHES

_turned: list[bool] = []
_publish = switches.publish


def _noted(*arguments: Any, **options: Any) -> None:
    _turned.append(True)
    _publish(*arguments, **options)


switches.publish = _noted


@pytest.fixture(autouse=True)
def switches_at_run() -> Iterator[None]:
    yield
    if _turned:
        _turned.clear()
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.mset({f"switch:{name}": json.dumps({"mode": "run"}) for name in SWITCHES})
