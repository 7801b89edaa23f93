"""The table for people, the JSON for programs."""

import json
import math
import platform
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.contender import Contender, Run
from tests.benchmarks.cost import cores
from tests.benchmarks.figures import Figures, figures
from tests.benchmarks.memory import Growth
from tests.benchmarks.rounds import SCENARIOS, Results, Scenario
from tests.benchmarks.targets import Target

HEADS = ("seconds", "records/s", "CPU client", "server", "peak MB", "WAL MB", "x ours")


def show(console: Console, results: Results, contenders: Iterable[Contender], growth: Growth | None) -> None:
    for scenario in SCENARIOS:
        if names := results.contenders(scenario):
            console.print(_table(results, scenario, names))
    if growth:
        console.print(_growth_table(growth))
    for contender in contenders:
        console.print(f"[bold]{contender.name}[/]: {contender.what}", highlight=False)


def show_targets(console: Console, found: Iterable[Target], notes: Iterable[str]) -> None:
    console.print()
    for target in found:
        console.print("[green]PASS[/]" if target.reached else "[red]FAIL[/]", target.text, highlight=False)
    for note in notes:
        console.print("    ", note, highlight=False)


def as_json(results: Results, found: Iterable[Target], growth: Growth | None, postgres: str) -> str:
    runs = [
        {"scenario": scenario, "contender": contender, "records": results.records[scenario], **_run(run), "round": number}
        for (scenario, contender), of_all in results.runs.items()
        for number, run in enumerate(of_all, 1)
    ]
    everything: dict[str, Any] = {
        "machine": {"cores": cores(), "python": platform.python_version(), "postgres": postgres},
        "targets": [asdict(target) for target in found],
        "wrong": results.wrong,
        "runs": runs,
    }
    if growth:
        sizes = zip(growth.records, (growth.few, growth.many), strict=True)
        everything["growth"] = [{"records": records, **_run(run)} for records, of_size in sizes for run in of_size]
    return json.dumps(everything, indent=1)


def _run(run: Run) -> dict[str, Any]:
    return {**{name: round(value, 3) for name, value in asdict(run.cost).items()}, "written": run.written}


def _table(results: Results, scenario: Scenario, names: list[str]) -> Table:
    records = results.records[scenario.name]
    table = _headed(f"{scenario.name}: {records:,} records" if records else scenario.name, "contender")
    for name in names:
        table.add_row(name, *_cells(figures(results, scenario, name)))
    return table


def _growth_table(growth: Growth) -> Table:
    table = _headed("ours, in two sizes", "records")
    for records, runs in zip(growth.records, (growth.few, growth.many), strict=True):
        results = Results({("", "ours"): runs}, [], {"": records})
        table.add_row(f"{records:,}", *_cells(figures(results, Scenario("", ""), "ours")))
    return table


def _headed(title: str, first: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column(first, no_wrap=True)
    for head in HEADS:
        table.add_column(head, justify="right")
    return table


def _cells(found: Figures) -> tuple[str, ...]:
    return (
        f"{found.seconds:.2f}",
        f"{found.records_s:,.0f}" if found.records_s else "",
        f"{found.client_cpu:.2f}",
        f"{found.server_cpu:.2f}",
        f"{found.peak_mb:.0f}",
        f"{found.wal_mb:.0f}",
        "" if math.isnan(found.ratio) else f"{found.ratio:.2f}",
    )
