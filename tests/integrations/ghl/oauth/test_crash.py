"""A process killed between the vendor's answer and storing it: who comes next asks the same again, and nothing is lost."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.conf import settings

from config.isolation import process
from config.isolation.egress.retries import Stats
from config.isolation.manifest import BY_NAME
from integrations.ghl import connect
from integrations.ghl.errors import NotAuthorized
from integrations.ghl.http import shared_redis
from integrations.ghl.oauth import OAuthTokens
from tests.integrations.ghl.emulated import Vendor
from tests.integrations.ghl.oauth.test_tokens import TOKEN, age, stored

ROOT = Path(__file__).resolve().parents[4]
DIES = """
import os, signal, django
django.setup()
from config.isolation.egress.retries import Stats
from config.isolation.tokens.store import TokenStore
from django.conf import settings
from config.isolation.tokens import turn
from integrations.ghl.oauth import tokens_for

turn.HELD_MS = 1500  # the dead one's turn ends in a test's time
TokenStore.exchange = lambda self, old, new: os.kill(os.getpid(), signal.SIGKILL)
print(tokens_for(settings).current(Stats()))
"""
LIVES = """
import django
django.setup()
from config.isolation.egress.retries import Stats
from django.conf import settings
from integrations.ghl.oauth import tokens_for

print(tokens_for(settings).current(Stats()))
"""


def environment() -> Mapping[str, str]:
    """Of a deployed process of the unit, against this test's vendor."""
    names = ("API_URL", "LOCATION_ID", "OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET")
    own = {f"GHL_{name}": getattr(settings, f"GHL_{name}") for name in names}
    own |= {"GHL_SEAL_KEYS_FILE": str(settings.SEAL_KEYS_FILES["ghl"]), "DJANGO_SETTINGS_MODULE": "config.settings"}
    return process.environment_for([BY_NAME["ghl"]], os.environ | own)


def run(code: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def killed(vendor: Vendor) -> None:
    vendor.connect()
    old = age(-1)
    child = run(DIES)
    _, said = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL, said
    assert vendor.rotations == 1, "the vendor has used the old token up"
    assert stored() == old, "and nothing of it was stored"


def test_killed_between_answer_and_store(vendor: Vendor) -> None:
    killed(vendor)
    assert shared_redis().exists(f"ghl:oauth:turn:{settings.GHL_LOCATION_ID}"), "the dead one still has its turn"
    token = OAuthTokens(settings.GHL_LOCATION_ID, shared_redis()).current(Stats())
    assert token == stored().access_token
    assert vendor.rotations == 1, "the same successor, not a second one"
    assert connect.client().account(Stats())
    age(-1)
    assert OAuthTokens(settings.GHL_LOCATION_ID, shared_redis()).current(Stats()) != token, "and it renews again"


def test_killed_and_nobody_came_in_time(vendor: Vendor) -> None:
    """What the vendor's 30 seconds do not cover is told, not tried for ever."""
    vendor.switch(refresh_grace=0)
    killed(vendor)
    for _ in range(2):
        with pytest.raises(NotAuthorized, match="connect again"):
            OAuthTokens(settings.GHL_LOCATION_ID, shared_redis()).current(Stats())
    assert vendor.calls(TOKEN) == 3, "connecting, the killed one, and one more"


def test_of_several_processes_one_asks(vendor: Vendor) -> None:
    vendor.connect()
    age(-1)
    vendor.switch(latency=0.3)
    children = [run(LIVES) for _ in range(4)]
    said = [child.communicate(timeout=90)[0].strip() for child in children]
    assert set(said) == {stored().access_token}
    assert vendor.calls(TOKEN) == 2
