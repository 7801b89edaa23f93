"""The company that is served: its pages recorded once, then sent by a process of its own."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import requests

from config.isolation.egress import guard
from config.sandbox.clock import Clock
from servicetitan.sandbox import recorder
from servicetitan.sandbox.company.company import Company
from tests.benchmarks.options import ROOT

FEEDS = ("customers", "contacts", "jobs", "appointments", "estimates", "invoices")
RECORDS_PER_CUSTOMER = 10.7  # over the six feeds, as the sandbox makes its companies
START = datetime(2026, 6, 1, tzinfo=UTC)
INITIAL, CHANGED, UNCHANGED = "initial", "changed", "unchanged"


@dataclass(frozen=True)
class Tenant:
    """A recorded company."""

    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads((self.folder / recorder.MANIFEST).read_text())
        return manifest

    def path(self, feed: str) -> str:
        """Where the feed is, seen from the server's root."""
        module, rest = self.manifest["feeds"][feed]["path"].split("/", 1)
        return f"/{module}/v2/tenant/1/{rest}"

    def pages(self, feed: str, state: str) -> list[Path]:
        """Everything that a client has been sent of a feed when it has read up to `state`."""
        count = self.manifest["feeds"][feed]["pages"][INITIAL if state == INITIAL else CHANGED]
        return [self.folder / feed / f"{number:06d}.json" for number in range(count)]


def recorded(folder: Path, size: int, page_size: int) -> Tenant:
    """A company of at least `size` records. Recorded anew when the sandbox has changed."""
    customers = int(size / RECORDS_PER_CUSTOMER) + 2
    place = folder / f"{customers}-customers-by-{page_size}-{_sandbox_version()}"
    if not place.exists():
        for old in folder.glob(f"{customers}-customers-by-{page_size}-*"):
            shutil.rmtree(old)
        unfinished = folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        company = Company(customers, seed=1, clock=Clock.frozen(START))
        recorder.record_company(company, page_size, unfinished, FEEDS)
        unfinished.rename(place)
    return Tenant(place)


def _sandbox_version() -> str:
    sources = sorted(Path(recorder.__file__).parent.rglob("*.py"))
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:8]


@dataclass(frozen=True)
class Served:
    """A tenant and the address where it is served. Latency in seconds before every answer."""

    tenant: Tenant
    url: str
    latency: float

    def now(self, state: str) -> None:
        with guard.trusted("drives the benchmark's own server"):
            requests.post(f"{self.url}/sandbox/state", json={"state": state}, timeout=10).raise_for_status()


@contextmanager
def serving(tenant: Tenant, latency: float = 0.0) -> Iterator[Served]:
    command = [sys.executable, "-m", "servicetitan.sandbox.recorded", "serve"]
    options = ["--folder", str(tenant.folder), "--latency", str(latency)]
    with subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield Served(tenant, server.stdout.readline().strip(), latency)
        finally:
            server.terminate()
