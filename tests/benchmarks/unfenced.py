"""The sync with every fence taken away, to see what they cost: this position of the switch exists nowhere else.

python -m tests.benchmarks.unfenced sync_servicetitan --json ...

Taken away: the role (it logs in as the owner), the router, the checked connections and allow list, the audit hook, the
kill switch, the circuit breaker, the record of calls, the Redis login and the client that keeps to its keys.
"""

import os
import sys
from typing import Any

import django
import redis
import requests
from django.core.management import execute_from_command_line

from config.isolation.egress import guard

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
guard.install = lambda: None  # before the apps are ready: there is no taking it away afterwards
django.setup()

from django.conf import settings  # noqa: E402 - set up above

from config.isolation import router, switches  # noqa: E402
from config.isolation.egress import calls  # noqa: E402
from servicetitan import http  # noqa: E402


class BareRouter:
    """Every query goes to the one connection, unseen."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "servicetitan"

    db_for_write = db_for_read


class BareBreaker:
    """Lets everything out."""

    def __init__(self, *_: Any) -> None: ...

    def admit(self) -> bool:
        return False

    def failed(self, why: str, probe: bool) -> None: ...

    def succeeded(self) -> None: ...


def bare_session(unit: Any) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def main() -> None:
    unfenced: Any = {
        (router.UnitRouter, "db_for_read"): BareRouter.db_for_read,
        (router.UnitRouter, "db_for_write"): BareRouter.db_for_write,
        (http, "UnitSession"): bare_session,
        (http, "shared_redis"): lambda: redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2),
        (switches, "standing"): lambda name: switches.Stand(name, switches.Mode.RUN),
        (http, "Breaker"): BareBreaker,
    }
    for (place, name), bare in unfenced.items():
        setattr(place, name, bare)
    calls.keep_none()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
