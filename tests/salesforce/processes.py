"""Processes of the unit as deployed ones: given only its own addresses and settings, against this test's org and database."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connections

ROOT = Path(__file__).resolve().parents[2]
PASSED_ON = ("LOGIN_URL", "INSTANCE_URL", "CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI", "FLOW", "BULK_FROM", "BULK_ROWS")


def environment(**more: str) -> dict[str, str]:
    login = connections["salesforce"].settings_dict
    own = {f"SALESFORCE_{name}": str(getattr(settings, f"SALESFORCE_{name}")) for name in PASSED_ON}
    return os.environ | own | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SALESFORCE_DATABASE_URL": f"postgres://{login['USER']}:{login['PASSWORD']}@{login['HOST']}:{login['PORT']}/{login['NAME']}",
        "SALESFORCE_REDIS_URL": settings.REDIS_URLS["salesforce"],
        "SALESFORCE_SEAL_KEYS_FILE": str(settings.SEAL_KEYS_FILES["salesforce"]),
        "SALESFORCE_TIMEOUT_S": "2",
        "HUB_BUS_URL": settings.CELERY_BROKER_URL,
        "HUB_SECRET_KEY": "of the test",
        "HUB_UNITS": "salesforce",
        **more,
    }  # fmt: skip


def start(*arguments: str, **more: str) -> subprocess.Popen[str]:
    """Python with these arguments; what it says on both outputs comes together."""
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment(**more), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
