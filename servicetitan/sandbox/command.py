"""Builds a sandbox from plain options, for the command that serves it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from config.sandbox.clock import Clock
from servicetitan.sandbox.api.auth import Credentials
from servicetitan.sandbox.app import Sandbox, create_app
from servicetitan.sandbox.company.company import RECORDS_A_CUSTOMER, Company
from servicetitan.sandbox.faults import rules_from
from servicetitan.sandbox.server import serve_forever
from servicetitan.sandbox.switches import Switches


@dataclass(frozen=True)
class Options:
    """`start` given and speed 1: the clock shows real time, and a restart finds the same company again."""

    customers: int = 500
    records: int = 0  # in all; takes the place of `customers` when set
    seed: int = 1
    start: datetime | None = None
    speed: float = 1.0  # 0: frozen
    activity: float = 0.015
    host: str = "127.0.0.1"
    port: int = 0
    credentials: Credentials = field(default_factory=Credentials)
    switches: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Mapping[str, Any], ...] = ()


def build(options: Options) -> Sandbox:
    clock = Clock(options.start, speed=options.speed, since_start=options.start is not None)
    customers = max(1, options.records // RECORDS_A_CUSTOMER) if options.records else options.customers
    company = Company(customers, seed=options.seed, clock=clock, activity=options.activity)
    sandbox = create_app(company, Switches().changed(options.switches), options.credentials)
    sandbox.faults.set(rules_from(dict(rule) for rule in options.faults))
    return sandbox


def run(options: Options) -> None:
    """Serve until the process is told to stop."""
    serve_forever(build(options), options.host, options.port)
