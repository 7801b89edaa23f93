"""A tiny run of the whole benchmark, left standing so that tests can spoil what it loaded."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.benchmarks.cluster import Cluster
from tests.benchmarks.dlt_environment import DltEnvironment
from tests.benchmarks.options import ROOT, Options, parse
from tests.benchmarks.tenant import Tenant, recorded

INSTALLED = DltEnvironment(ROOT / ".hub" / "bench" / "dlt")  # by an earlier `make bench`
SIZE = 2000


@dataclass(frozen=True)
class Finished:
    options: Options
    cluster: Cluster
    tenant: Tenant
    figures: dict[str, Any]


@pytest.fixture(scope="session")
def finished() -> Iterator[Finished]:
    """Its own folder for each worker: the pages and the servers stay there for the next time."""
    folder = Path(settings.HUB_DATA_DIR) / f"bench-{os.environ.get('PYTEST_XDIST_WORKER', 'one')}"
    folder.mkdir(parents=True, exist_ok=True)
    if INSTALLED.is_ready() and not (folder / "dlt").exists():
        (folder / "dlt").symlink_to(INSTALLED.folder)
    asked = ["--size", str(SIZE), "--rounds", "1", "--data", str(folder), "--no-install", "--keep"]
    options = parse([*asked, "--json", str(folder / "figures.json")])
    cluster = Cluster(options.servers)
    try:
        run = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks", *asked, "--json", str(folder / "figures.json")],
            cwd=ROOT, capture_output=True, text=True, timeout=240,
        )  # fmt: skip
        assert run.returncode in (0, 1), run.stderr  # so small a work reaches no target of speed
        figures = json.loads((folder / "figures.json").read_text())
        yield Finished(options, cluster, recorded(folder / "tenants", SIZE, options.page_size), figures)
    finally:
        cluster.stop()
