"""A unit's worker in small: sends every number below `count` to its vendor, once. Run as a process of that unit.

python -m tests.isolation.pusher UNIT SETTING PATH COUNT
"""

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 - set up above

from config.isolation.actor import acting_as  # noqa: E402
from config.isolation.egress.session import UnitSession  # noqa: E402
from config.isolation.manifest import BY_NAME  # noqa: E402
from config.isolation.switches import SwitchedOff  # noqa: E402


def main(unit: str, setting: str, path: str, count: str) -> None:
    with acting_as(unit):
        session = UnitSession(BY_NAME[unit])
        for number in range(int(count)):
            while not _sent(session, f"{getattr(settings, setting)}{path}{number}"):
                time.sleep(0.05)


def _sent(session: UnitSession, url: str) -> bool:
    """False while the switch stops it: what was to be sent is kept."""
    try:
        session.post(url, json={}, timeout=5)
    except SwitchedOff:
        return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
