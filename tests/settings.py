"""Settings of the test suite: the project's own, on servers with a data folder of their own.

TEST_DATABASE_URL and TEST_REDIS_URL let the suite run on given servers instead of the embedded ones.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
STARTS = ("SERVICETITAN_", "GHL_", "SALESFORCE_", "DATABASE_", "REDIS_", "HUB_BUS_")
ENDS = ("_DATABASE_URL", "_REDIS_URL", "_SEAL_KEYS_FILE")
for name in [name for name in os.environ if name.startswith(STARTS) or (name.endswith(ENDS) and not name.startswith("TEST_"))]:
    del os.environ[name]  # the suite never meets what the environment was set up for
worker = os.environ.get("PYTEST_XDIST_WORKER", "")  # roles belong to the whole server: each worker has its own
os.environ |= {"HUB_ENV": "test", "HUB_ENV_FILE": os.devnull, "HUB_ROLE_PREFIX": f"hubtest{worker}_"}
os.environ.setdefault("HUB_DATA_DIR", str(ROOT / ".hub" / "test"))
if os.environ.get("TEST_DATABASE_URL"):  # closing it takes a superuser
    os.environ.setdefault("HUB_TOLERATED_HOLES", "large-objects")
for name in ("DATABASE_URL", "REDIS_URL"):
    if given := os.environ.get(f"TEST_{name}"):
        os.environ |= {name: given, "HUB_SECRET_KEY": "the suite's own, protects nothing"}

from config.settings import *  # noqa: E402, F403 - the environment comes first

# A Redis database of its own for each worker of the suite, so that none consumes another's queue.
number = int(worker.removeprefix("gw") or 0) % 15 + 1
REDIS_URL = urlsplit(REDIS_URL)._replace(path=f"/{number}").geturl()  # noqa: F405
REDIS_URLS = {name: urlsplit(url)._replace(path=f"/{number}").geturl() for name, url in REDIS_URLS.items()}  # noqa: F405
CELERY_BROKER_URL, CACHES["sessions"]["LOCATION"] = REDIS_URLS["bus"], REDIS_URLS["backoffice"]  # noqa: F405

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
