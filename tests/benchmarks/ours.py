"""Our sync, as it is run in production: the command, the unit's own role, the change log."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from servicetitan.entities import BY_NAME
from tests.benchmarks.cluster import HUB_DATABASE, Connection
from tests.benchmarks.contender import Contender, Run
from tests.benchmarks.content import Checker
from tests.benchmarks.cost import Failed, measured
from tests.benchmarks.mirror import mirror_table
from tests.benchmarks.options import ROOT
from tests.benchmarks.records import versions
from tests.benchmarks.tenant import FEEDS, INITIAL, Served, Tenant

LOGIN = {"TENANT_ID": "1", "CLIENT_ID": "cid.bench", "CLIENT_SECRET": "cs.bench", "APP_KEY": "ak.bench"}
_TABLES = "SELECT format('servicetitan.%I', relname) FROM pg_stat_user_tables WHERE schemaname = 'servicetitan'"
_RECORDS = [f"servicetitan.{BY_NAME[feed].model._meta.db_table.split('.')[1].strip(chr(34))}" for feed in FEEDS]
_WRITTEN = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_user_tables
WHERE schemaname || '.' || relname = ANY (%s) OR relname LIKE 'st_changes%%'
"""
_LOGGED = """
SELECT count(*) FILTER (WHERE kind = 'inserted'), count(*) FILTER (WHERE kind <> 'inserted')
FROM servicetitan.st_changes WHERE entity = %s
"""


class Ours(Contender):
    name = "ours"
    what = "manage.py sync_servicetitan: typed columns, raw record as jsonb, indexes, change log, checkpoints with the pages"

    def reset(self) -> None:
        with closing(self.cluster.admin(HUB_DATABASE)) as connection:
            tables = [row[0] for row in connection.execute(_TABLES)]
            connection.execute(f"TRUNCATE {', '.join(tables)}")

    command: tuple[str, ...] = ("manage.py",)

    def run(self, served: Served) -> Run:
        login = {f"SERVICETITAN_{name}": value for name, value in LOGIN.items()}
        place = {"SERVICETITAN_API_URL": served.url, "SERVICETITAN_AUTH_URL": served.url}
        feeds = [part for feed in FEEDS for part in ("--entity", feed)]
        before = self._written()
        cost, said = measured(
            [sys.executable, *self.command, "sync_servicetitan", "--json", *feeds],
            self.cluster.environment() | self.more() | login | place,
            ROOT,
            self.cluster,
        )
        _see_that_it_went_well(json.loads(said))
        return Run(cost, self._written() - before)

    def more(self) -> dict[str, str]:
        """Further variables of the environment."""
        return {}

    def check(self, served: Served, state: str) -> list[str]:
        with closing(self.cluster.admin(HUB_DATABASE)) as connection:
            return content(connection, self.checker, served.tenant, state)

    def _written(self) -> int:
        with closing(self.cluster.admin(HUB_DATABASE)) as connection:
            row = connection.execute(_WRITTEN, [_RECORDS]).fetchone()
        assert row is not None
        return int(row[0])


def content(connection: Connection, checker: Checker, tenant: Tenant, state: str) -> list[str]:
    """What is wrong with the mirror and its change log, in words."""
    tables = {feed: mirror_table(BY_NAME[feed].model) for feed in FEEDS}
    return checker.check(connection, tables, tenant, state) + list(_wrong_log(connection, tenant, state))


def _wrong_log(connection: Connection, tenant: Tenant, state: str) -> Iterator[str]:
    for feed in FEEDS:
        first, now = versions(tenant, feed, INITIAL), versions(tenant, feed, state)
        changed = sum(1 for id, place in now.place.items() if id in first.place and place != first.place[id])
        row = connection.execute(_LOGGED, [feed]).fetchone()
        if row != (len(now), changed):
            yield f"the change log of {feed} has {row} inserts and changes, should have {(len(now), changed)}"


def _see_that_it_went_well(summary: dict[str, Any]) -> None:
    if not summary["ok"] or any(entity["rejected"] for entity in summary["entities"]):
        raise Failed(f"The sync did not end well: {json.dumps(summary)}")
