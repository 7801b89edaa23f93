"""What the push to GoHighLevel does in a second: as fast as it can, with a vendor that takes its time, and under its limit.

The mirror is filled once by the sync; each run sends it to an empty sub-account of the emulator, which answers from the
benchmark's own process.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from config.isolation.egress import guard
from config.sandbox.loopback import running
from integrations.ghl.sandbox import Account, Sandbox, Switches, create_app
from tests.benchmarks.cluster import HUB_DATABASE, Cluster
from tests.benchmarks.cost import Cost, Failed, measured
from tests.benchmarks.options import ROOT
from tests.benchmarks.ours import Ours
from tests.benchmarks.targets import Target
from tests.benchmarks.tenant import Tenant, serving

LIMIT, WINDOW_S = 100, 10  # the vendor's: calls in so many seconds
WANTED_SHARE = 0.95  # of the limit, over the whole run
UNLIMITED = {"GHL_CALLS_PER_10_S": "1000000", "GHL_DAILY_CALLS": "100000000"}
_TABLES = "SELECT format('integrations.%I', relname) FROM pg_stat_user_tables WHERE schemaname = 'integrations'"
_TEMPORARY = {"burst_limit": 0, "search_lag": 0.0, "allow_duplicate_opportunity": True}


@dataclass(frozen=True)
class Way:
    """`switches`: of the emulator. `environment`: of the command."""

    name: str
    switches: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)
    limited: bool = False


WAYS = (
    Way("no limit", {}, UNLIMITED),
    Way("100 ms an answer", {"latency": 0.1}, UNLIMITED),
    Way("vendor's limit", {"burst_limit": LIMIT, "burst_seconds": float(WINDOW_S)}, limited=True),
)


@dataclass(frozen=True)
class Pushed:
    """One run. `wrong`: what the sub-account has too much or too little, in words."""

    way: Way
    cost: Cost
    records: int
    calls: int
    refused: int
    peak: int
    wrong: list[str]

    @property
    def share(self) -> float:
        """Of the calls that the limit allows in the time of the run."""
        return self.calls / (self.cost.seconds / WINDOW_S * LIMIT)


def push(cluster: Cluster, tenant: Tenant, say: Callable[[str], None]) -> list[Pushed]:
    say("filling the mirror that is pushed")
    mirror = Ours(cluster)
    mirror.reset()
    with serving(tenant) as served:
        mirror.run(served)
    return [_run(cluster, way, seed, say) for seed, way in enumerate(WAYS, 11)]


def _run(cluster: Cluster, way: Way, seed: int, say: Callable[[str], None]) -> Pushed:
    say(f"push: {way.name}")
    with closing(cluster.admin(HUB_DATABASE)) as connection:
        connection.execute(f"TRUNCATE {', '.join(row[0] for row in connection.execute(_TABLES))}")
    with _vendor(Switches().changed(_TEMPORARY | way.switches), seed) as (app, address):
        given = app.account.credentials
        login = {"GHL_API_URL": address, "GHL_API_TOKEN": given.token, "GHL_LOCATION_ID": given.location_id}
        kinds = ["--entity", "contacts"] if way.limited else []
        command = [sys.executable, "manage.py", "sync_ghl", "--json", *kinds]
        cost, said = measured(command, cluster.environment() | login | way.environment, ROOT, cluster)
        return _seen(way, cost, json.loads(said), app)


@contextmanager
def _vendor(switches: Switches, seed: int) -> Iterator[tuple[Sandbox, str]]:
    app = create_app(Account(seed=seed), switches)
    app.webhooks.opening = lambda: guard.trusted("the emulated vendor calls back")
    with running(app) as address:
        yield app, address


def _seen(way: Way, cost: Cost, summary: dict[str, Any], app: Sandbox) -> Pushed:
    if not summary["ok"]:
        raise Failed(f"The push did not end well: {json.dumps(summary)}")
    there = len(list(app.account.contacts.records.all())) + len(list(app.account.opportunities.records.all()))
    sent = summary["created"] + summary["adopted"]
    wrong = [f"{way.name}: {there} records are there, {sent} were sent"] if there != summary["created"] else []
    wrong += [f"{way.name}: {summary[name]} {name}" for name in ("failed", "pending") if summary[name]]
    limits = app.limits.report()
    calls = sum(app.traffic.calls.values())
    return Pushed(way, cost, sent, calls, limits["refused"], limits["peakInAWindow"], wrong)


def targets(runs: list[Pushed]) -> Iterator[Target]:
    wrong = [what for run in runs for what in run.wrong]
    yield Target(not wrong, f"push, content: {wrong[0] if wrong else 'every record is there, once'}")
    for run in runs:
        if run.way.limited:
            yield Target(run.refused == 0, f"push under the limit: {run.refused} calls refused; wanted 0")
            text = f"push under the limit: {run.share:.1%} of what it allows was used; wanted {WANTED_SHARE:.0%}"
            yield Target(run.share >= WANTED_SHARE, text)


def show(console: Console, runs: list[Pushed]) -> None:
    table = Table(title="push to GoHighLevel", title_justify="left", title_style="bold")
    table.add_column("way", no_wrap=True)
    for head in ("records", "seconds", "records/s", "calls/s", "in 10 s", "CPU client", "server", "peak MB"):
        table.add_column(head, justify="right")
    for run in runs:
        seconds = run.cost.seconds
        table.add_row(
            run.way.name, f"{run.records:,}", f"{seconds:.2f}", f"{run.records / seconds:,.0f}", f"{run.calls / seconds:,.0f}",
            f"{run.peak:,}" if run.way.limited else "", f"{run.cost.client_cpu:.2f}", f"{run.cost.server_cpu:.2f}",
            f"{run.cost.peak_mb:.0f}",
        )  # fmt: skip
    console.print(table)
