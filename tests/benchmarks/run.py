"""The benchmark from beginning to end."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from rich.console import Console

from tests.benchmarks import fences, pushing, report, salesforce, watching, workflows
from tests.benchmarks.cluster import Cluster
from tests.benchmarks.contender import Contender
from tests.benchmarks.dlt_contender import BEST, OTHERS, Dlt
from tests.benchmarks.dlt_environment import DltEnvironment
from tests.benchmarks.fences import Unfenced
from tests.benchmarks.limits import Copy, Download
from tests.benchmarks.memory import grow
from tests.benchmarks.options import CUSTOMERS, LARGE, SMALL, Options
from tests.benchmarks.ours import Ours
from tests.benchmarks.rounds import LOAD, SCENARIOS, Plan
from tests.benchmarks.targets import notes, targets
from tests.benchmarks.tenant import RECORDS_PER_CUSTOMER, Tenant, recorded

Say = Callable[[str], None]


def run(options: Options) -> int:
    """The exit status."""
    console, started = Console(width=None if sys.stdout.isatty() else 100), time.monotonic()
    if options.push or options.salesforce or options.workflows or options.monitoring:
        return _one_alone(options, console, started)
    with _running(options) as cluster, _saying(console) as say:
        tenant = _recorded(options, options.size, options.page_size, say)
        wants_large = options.large_pages and not options.fences
        large = _recorded(options, options.size, options.large_pages, say) if wants_large else None
        contenders = _contenders(options, cluster, say)
        scenarios = (LOAD,) if options.fences else SCENARIOS
        pushed = [] if options.fences or options.only else _pushed(options, cluster, say)  # first: it leaves another mirror
        results = Plan(tenant, large, contenders, options.rounds, say, scenarios).carry_out()
        growth = None
        if options.memory:
            few, many = (_recorded(options, size, options.page_size, say) for size in (SMALL, LARGE))
            growth = grow(Ours(cluster), few, many, results, say)
        version = cluster.version
    report.show(console, results, contenders, growth)
    found = [fences.target(results)] if options.fences else targets(results, growth)
    if pushed:
        pushing.show(console, pushed)
        found += pushing.targets(pushed)
    report.show_targets(console, found, notes(results, tenant, large))
    console.print(f"\n{time.monotonic() - started:.0f} s, PostgreSQL {version}", highlight=False)
    if options.json:
        options.json.write_text(report.as_json(results, found, growth, version))
    return 0 if all(target.reached for target in found) else 1


def _one_alone(options: Options, console: Console, started: float) -> int:
    with _running(options) as cluster, _saying(console) as say:
        if options.workflows:
            moved = workflows.measure(cluster, options, say)
            show, found = partial(workflows.show, console, moved), list(workflows.targets(moved))
            if options.json:
                options.json.write_text(workflows.as_json(moved))
        elif options.monitoring:
            watched = watching.measure(cluster, options.rows, say)
            show, found = partial(watching.show, console, watched), list(watching.targets(watched))
            if options.json:
                options.json.write_text(watching.as_json(watched))
        elif options.salesforce:
            tenant = _recorded(options, int(CUSTOMERS * RECORDS_PER_CUSTOMER), options.large_pages, say)
            to_salesforce = salesforce.push(cluster, tenant, say)
            show, found = partial(salesforce.show, console, to_salesforce), list(salesforce.targets(to_salesforce))
        else:
            pushed = _pushed(options, cluster, say)
            show, found = partial(pushing.show, console, pushed), list(pushing.targets(pushed))
        version = cluster.version
    show()
    report.show_targets(console, found, ())
    console.print(f"\n{time.monotonic() - started:.0f} s, PostgreSQL {version}", highlight=False)
    return 0 if all(target.reached for target in found) else 1


def _pushed(options: Options, cluster: Cluster, say: Say) -> list[pushing.Pushed]:
    return pushing.push(cluster, _recorded(options, options.pushed, options.page_size, say), say)


def _recorded(options: Options, size: int, page_size: int, say: Say) -> Tenant:
    say(f"recording {size:,} records in pages of {page_size:,} (once)")
    return recorded(options.data / "tenants", size, page_size)


def _contenders(options: Options, cluster: Cluster, say: Say) -> list[Contender]:
    if options.fences:
        return [Ours(cluster), Unfenced(cluster)]
    environment = DltEnvironment(options.data / "dlt")
    with_dlt = environment.is_ready()
    if not with_dlt and options.install:
        say("installing dlt into an environment of its own (once)")
        with_dlt = _installed(environment, say)
    set_ups = (*BEST, *(OTHERS if options.all else ())) if with_dlt else ()
    found: list[Contender] = [Ours(cluster)]
    found += [Dlt(cluster, environment, options.data / "work", set_up) for set_up in set_ups]
    found += [Download(cluster), Copy(cluster)]
    return [contender for contender in found if not options.only or contender.name in options.only]


def _installed(environment: DltEnvironment, say: Say) -> bool:
    try:
        environment.install()
    except subprocess.CalledProcessError as error:
        say(f"dlt is left out: it could not be installed ({error})")
        return False
    return True


@contextmanager
def _running(options: Options) -> Iterator[Cluster]:
    cluster = Cluster(options.servers, options.pg_bin)
    try:
        cluster.start()
        yield cluster
    finally:
        if not options.keep:
            cluster.stop()


@contextmanager
def _saying(console: Console) -> Iterator[Say]:
    """One changing line on a terminal, lines elsewhere."""
    if not console.is_terminal:
        yield lambda text: console.print(text, highlight=False)
        return
    with console.status("") as status:
        yield status.update
