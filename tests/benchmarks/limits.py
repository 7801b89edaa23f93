"""How fast it could be done at all: reading and parsing only, and COPY of ready rows only."""

import shutil
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec

from tests.benchmarks.cluster import Cluster
from tests.benchmarks.contender import Contender, Run
from tests.benchmarks.cost import measured
from tests.benchmarks.options import ROOT
from tests.benchmarks.records import versions
from tests.benchmarks.tenant import FEEDS, INITIAL, Served, Tenant

PAGES_A_FILE = 5
CONNECTIONS = (1, 2, 3, 4)
DATABASE = "bench_limit"
PROCESS = [sys.executable, "-m", "tests.benchmarks.limit_process"]


class Download(Contender):
    name = "limit: download"
    what = "all pages read and parsed, nothing loaded; a process a feed"
    incremental = False

    def reset(self) -> None:
        """It keeps nothing."""

    def run(self, served: Served) -> Run:
        paths = [served.tenant.path(feed) for feed in FEEDS]
        cost, said = measured([*PROCESS, "download", served.url, *paths], self.cluster.environment(), ROOT, self.cluster)
        return Run(replace(cost, seconds=float(said)))

    def check(self, served: Served, state: str) -> list[str]:
        return []


class Copy(Contender):
    """Its clock runs from the first connection to the last commit: neither Python's start nor preparing rows counts."""

    name = "limit: COPY"
    what = f"ready rows (id, raw jsonb, primary key) by COPY; the best of {CONNECTIONS[0]} to {CONNECTIONS[-1]} connections"
    incremental = False

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        lz4 = "SET COMPRESSION lz4" if cluster.has_lz4() else "SET STORAGE EXTERNAL"
        self._storage = f"ALTER raw {lz4}"  # as the mirror stores it

    def reset(self) -> None:
        self.cluster.fresh_database(DATABASE)
        with closing(self.cluster.admin(DATABASE)) as connection:
            for feed in FEEDS:
                connection.execute(f"CREATE TABLE {feed} (id bigint PRIMARY KEY, raw jsonb); ALTER TABLE {feed} {self._storage}")
                connection.execute(f"GRANT ALL ON {feed} TO PUBLIC")

    def run(self, served: Served) -> Run:
        rows = _prepared(served.tenant)
        return min((self._with(connections, rows) for connections in CONNECTIONS), key=lambda run: run.cost.seconds)

    def _with(self, connections: int, rows: Path) -> Run:
        self.reset()
        command = [*PROCESS, "copy", str(connections), self.cluster.url(DATABASE), str(rows)]
        cost, said = measured(command, self.cluster.environment(), ROOT, self.cluster)
        return Run(replace(cost, seconds=float(said)))

    def check(self, served: Served, state: str) -> list[str]:
        with closing(self.cluster.admin(DATABASE)) as connection:
            for feed in FEEDS:
                expected = len(versions(served.tenant, feed, state))
                row = connection.execute(f"SELECT count(*) FROM {feed}").fetchone()
                if row != (expected,):
                    return [f"{feed} has {row} rows, should have {expected}"]
        return []


def _prepared(tenant: Tenant) -> Path:
    """A folder of files in COPY's text format, kept beside the pages."""
    folder = tenant.folder / "rows"
    if not folder.exists():
        unfinished = tenant.folder / "rows-unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        for feed in FEEDS:
            _prepare(tenant, feed, unfinished)
        unfinished.rename(folder)
    return folder


class _Id(msgspec.Struct):
    id: int


class _Page(msgspec.Struct):
    data: list[msgspec.Raw]


def _prepare(tenant: Tenant, feed: str, folder: Path) -> None:
    for number, page in enumerate(tenant.pages(feed, INITIAL)):
        with (folder / f"{feed}-{number // PAGES_A_FILE:04d}.copy").open("ab") as file:
            for raw in msgspec.json.decode(page.read_bytes(), type=_Page).data:
                id = msgspec.json.decode(raw, type=_Id).id
                file.write(b"%d\t%s\n" % (id, bytes(raw).replace(b"\\", b"\\\\")))
