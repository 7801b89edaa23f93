"""dlt, in the set-ups that were tried; README.md has the figures by which `BEST` were chosen."""

import json
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.benchmarks.cluster import Cluster
from tests.benchmarks.contender import Contender, Run
from tests.benchmarks.content import Expected, Table
from tests.benchmarks.cost import measured
from tests.benchmarks.dlt_environment import DltEnvironment
from tests.benchmarks.figures import WHOLE
from tests.benchmarks.moments import moment
from tests.benchmarks.options import ROOT
from tests.benchmarks.shapes import Shape, shapes
from tests.benchmarks.tenant import FEEDS, Served

PIPELINE = Path(__file__).with_name("dlt_pipeline.py")
RAW = "raw"  # the column of the whole record; no feed has a field of that name
HALVES = (("invoices", "customers", "contacts"), ("estimates", "jobs", "appointments"))


@dataclass(frozen=True)
class SetUp:
    """`way`: see dlt_pipeline.py. `parts`: feeds that share a pipeline and a process. `whole`: with the record as it came."""

    name: str
    what: str
    way: str
    whole: bool = False
    parts: tuple[tuple[str, ...], ...] = (FEEDS,)


BEST = (
    SetUp("dlt", "Arrow tables handed over as CSV files; nested fields as jsonb", "files"),
    SetUp("dlt-adbc", "Arrow tables, Parquet, ADBC; nested fields as json: text, unparsed", "adbc"),
    SetUp(WHOLE, "as dlt, and the whole record beside its fields, as the mirror keeps it", "files", whole=True),
)
OTHERS = (
    SetUp("dlt-adbc-2", "as dlt-adbc, in two pipelines and two processes", "adbc", parts=HALVES),
    SetUp("dlt-2", "as dlt, in two pipelines and two processes", "files", parts=HALVES),
    SetUp("dlt-csv", "Arrow tables, CSV written by dlt; nested fields as jsonb", "csv"),
    SetUp("dlt-plain", "Python objects, CSV written by dlt; nested fields as jsonb", "plain"),
)

SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "EXTRACT__WORKERS": "6",  # all feeds at once
    "EXTRACT__NEXT_ITEM_MODE": "fifo",
    "NORMALIZE__WORKERS": "1",  # two cost more to start than they save
    "LOAD__WORKERS": "6",
    "DATA_WRITER__BUFFER_MAX_ITEMS": "200000",
    "DATA_WRITER__DISABLE_COMPRESSION": "true",
}


class Dlt(Contender):
    def __init__(self, cluster: Cluster, environment: DltEnvironment, folder: Path, set_up: SetUp) -> None:
        super().__init__(cluster)
        self.set_up, self.name, self.what = set_up, set_up.name, set_up.what
        self._environment = environment
        self._folder = folder / set_up.name
        self._database = f"bench_{set_up.name.replace('-', '_')}"

    def reset(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self.cluster.fresh_database(self._database)

    def run(self, served: Served) -> Run:
        job = {
            "url": served.url,
            "database": self.cluster.url(self._database),
            "folder": str(self._folder),
            "paths": {feed: served.tenant.path(feed) for feed in FEEDS},
            "shapes": self._shapes(served),
            "whole": self.set_up.whole and RAW,
            "way": self.set_up.way,
            "strategy": "upsert",
            "parts": self.set_up.parts,
            "settings": SETTINGS | {"DLT_DATA_DIR": str(self._folder)},
        }
        path = self._folder / "job.json"
        path.write_text(json.dumps(job))
        cost, _ = measured([self._environment.python, PIPELINE, path], self.cluster.environment(), ROOT, self.cluster)
        return Run(cost)

    def check(self, served: Served, state: str) -> list[str]:
        tables = {feed: self._table(feed, shape) for feed, shape in self._shapes(served).items()}
        with closing(self.cluster.admin(self._database)) as connection:
            return self.checker.check(connection, tables, served.tenant, state)

    def _shapes(self, served: Served) -> dict[str, Shape]:
        more = {RAW: "json"} if self.set_up.whole else {}
        return {feed: shape | more for feed, shape in shapes(served.tenant).items()}

    def _table(self, feed: str, shape: Shape) -> Table:
        csv = self.set_up.way != "adbc"
        columns = {_snake(field): _expected(field, kind, csv=csv) for field, kind in shape.items() if field != "id"}
        if self.set_up.whole:
            columns[RAW] = lambda record: record
        return Table(f"bench.{feed}", columns)


def _snake(field: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", field).lower()


def _expected(field: str, kind: str, *, csv: bool) -> Expected:
    """dlt reads an empty text from CSV as null; by way of Parquet it is msgspec that rounds moments."""
    convert = (_CONVERTERS if csv else _CONVERTERS | {"moment": lambda text: moment(text, half_up=True)})[kind]

    def value(record: dict[str, Any]) -> Any:
        found = record.get(field)
        return None if found is None or (csv and found == "") else convert(found)

    return value


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "whole": int,
    "float": float,
    "flag": bool,
    "text": str,
    "moment": moment,
    "decimal": Decimal,
    "json": lambda value: value,
}
