"""What the push to Salesforce costs: calls, and time beside the time that the calls alone need.

The mirror is filled once by the sync; each run sends it to an empty org of the emulator, which takes its time for every answer.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from config.sandbox.http import Answer, Request
from config.sandbox.loopback import running
from salesforce.sandbox import KEY, Org, Sandbox, Switches
from tests.benchmarks.cluster import HUB_DATABASE, Cluster
from tests.benchmarks.cost import Cost, Failed, measured
from tests.benchmarks.options import ROOT
from tests.benchmarks.ours import Ours
from tests.benchmarks.targets import Target
from tests.benchmarks.tenant import Tenant, serving

LATENCY_S = 0.2
A_CALL = 200  # records of a collection
WANTED = 1.3  # times what the calls alone need
WAYS = {"collections": "0", "bulk jobs": "2000"}  # SALESFORCE_BULK_FROM
_TABLES = "SELECT format('salesforce.%I', relname) FROM pg_stat_user_tables WHERE schemaname = 'salesforce'"


class Timed(Sandbox):
    """`busy_s`: how long callers have waited for answers, which is what the calls alone need, one after the other."""

    busy_s = 0.0

    def answer(self, request: Request) -> Answer:
        began = time.perf_counter()
        try:
            return super().answer(request)
        finally:
            self.busy_s += time.perf_counter() - began


@dataclass(frozen=True)
class Pushed:
    """One run. `data_calls` carry records. `wrong`: what the org has too much or too little, in words."""

    way: str
    cost: Cost
    records: int
    calls: int
    data_calls: int
    alone_s: float
    wrong: list[str]

    @property
    def share(self) -> float:
        """Of the time that the calls alone need, one after the other."""
        return self.cost.seconds / self.alone_s


def push(cluster: Cluster, tenant: Tenant, say: Callable[[str], None]) -> list[Pushed]:
    say("filling the mirror that is pushed")
    mirror = Ours(cluster)
    mirror.reset()
    with serving(tenant) as served:
        mirror.run(served)
    return [_run(cluster, way, bulk_from, say) for way, bulk_from in WAYS.items()]


def _run(cluster: Cluster, way: str, bulk_from: str, say: Callable[[str], None]) -> Pushed:
    say(f"push to Salesforce: {way}")
    with closing(cluster.admin(HUB_DATABASE)) as connection:
        connection.execute(f"TRUNCATE {', '.join(row[0] for row in connection.execute(_TABLES))}")
    app = Timed(Org(seed=len(way)), Switches(latency=LATENCY_S, duplicate_rule="off"))
    with running(app) as address:
        given = app.org.credentials
        login = {
            "SALESFORCE_LOGIN_URL": address, "SALESFORCE_INSTANCE_URL": address, "SALESFORCE_CLIENT_ID": given.client_id,
            "SALESFORCE_CLIENT_SECRET": given.client_secret, "SALESFORCE_FLOW": "client_credentials",
            "SALESFORCE_BULK_FROM": bulk_from,
        }  # fmt: skip
        command = [sys.executable, "manage.py", "sync_salesforce", "--json"]
        cost, said = measured(command, cluster.environment() | login, ROOT, cluster)
        return _seen(way, cost, json.loads(said), app)


def _seen(way: str, cost: Cost, summary: dict[str, Any], app: Timed) -> Pushed:
    if not summary["ok"]:
        raise Failed(f"The push did not end well: {json.dumps(summary)}")
    there = [row[KEY] for row in app.org.tables["Contact"].all()]
    wrong = [f"{way}: {summary[name]} {name}" for name in ("failed", "pending", "conflicts") if summary[name]]
    if len(set(there)) != len(there) or len(there) != summary["created"]:
        wrong.append(f"{way}: {len(there)} records are there, {summary['created']} were made")
    calls = sum(app.traffic.calls.values())
    data = sum(count for path, count in app.traffic.calls.items() if "/composite/" in path or "/batches" in path)
    return Pushed(way, cost, summary["created"], calls, data, app.busy_s, wrong)


def targets(runs: list[Pushed]) -> Iterator[Target]:
    wrong = [what for run in runs for what in run.wrong]
    yield Target(not wrong, f"Salesforce, content: {wrong[0] if wrong else 'every record is there, once'}")
    for run in runs:
        if run.way == "collections":
            most = -(-run.records // A_CALL)
            text = f"Salesforce, collections: {run.data_calls:,} data calls for {run.records:,} records; wanted at most {most:,}"
            yield Target(run.data_calls <= most, text)
            text = f"Salesforce, collections: {run.share:.2f} times what the calls alone need; wanted at most {WANTED}"
            yield Target(run.share <= WANTED, text)


def show(console: Console, runs: list[Pushed]) -> None:
    table = Table(title="push to Salesforce, 200 ms an answer", title_justify="left", title_style="bold")
    table.add_column("way", no_wrap=True)
    for head in ("records", "seconds", "records/s", "calls", "with records", "calls alone", "CPU client", "server", "peak MB"):
        table.add_column(head, justify="right")
    for run in runs:
        cost = run.cost
        table.add_row(
            run.way, f"{run.records:,}", f"{cost.seconds:.2f}", f"{run.records / cost.seconds:,.0f}", f"{run.calls:,}",
            f"{run.data_calls:,}", f"{run.alone_s:.1f} s", f"{cost.client_cpu:.2f}", f"{cost.server_cpu:.2f}",
            f"{cost.peak_mb:.0f}",
        )  # fmt: skip
    console.print(table)
